/**
 * Sources of random numbers for decoders: pure functions of a key, so that a decode can be replayed, resumed and spread over
 * devices without changing a draw.
 *
 * @module
 */
import { DecodeError } from "./errors.ts";
import { philox4x32 } from "./philox.ts";
import type { UniformKey, UniformSource } from "./types.ts";

/**
 * Counter-based uniforms: Philox4x32-10 keyed by (seed, sample), counting (round, branch, position, purpose).
 *
 * @param seed An integer from 0 to 2^32 - 1.
 * @param options `sample`: which of several sequences decoded with the same seed, default 0.
 * @returns Multiples of 2^-53 in [0, 1).
 * @throws {RangeError} If seed or sample is not an integer from 0 to 2^32 - 1.
 */
export function counterUniforms(
  seed: number,
  { sample = 0 }: { readonly sample?: number } = {},
): UniformSource {
  for (const [name, value] of Object.entries({ seed, sample })) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new RangeError(
        `the ${name} is ${value}; give an integer from 0 to 4294967295`,
      );
    }
  }
  const key = Uint32Array.of(seed, sample);
  const counter = new Uint32Array(4);
  const purposes = new Map<string, number>();
  return ({ round, branch, position, purpose }) => {
    let word = purposes.get(purpose);
    if (word === undefined) purposes.set(purpose, word = hashWord(purpose));
    counter[0] = round;
    counter[1] = branch;
    counter[2] = position;
    counter[3] = word;
    const bits = philox4x32(counter, key);
    return ((bits[0]! >>> 5) * 0x4000000 + (bits[1]! >>> 6)) / 2 ** 53;
  };
}

/**
 * Uniforms recorded from another implementation: each round's list is handed out in the order of first asking, and a key that
 * was answered before gets the same answer again.
 *
 * @param rounds One list per round, the first for round 1.
 * @param options `purpose`: the only purpose answered, default `transfer`.
 * @throws {DecodeError} (from the source) If another purpose is asked for, or more than a round's list holds.
 */
export function recordedUniforms(
  rounds: readonly (readonly number[])[],
  { purpose = "transfer" }: { readonly purpose?: string } = {},
): UniformSource {
  const places = rounds.map(() => new Map<string, number>());
  return (key: UniformKey) => {
    const list = key.purpose === purpose ? rounds[key.round - 1] : undefined;
    const seen = places[key.round - 1];
    if (list === undefined || seen === undefined) {
      throw new DecodeError(
        `no uniforms are recorded for purpose "${key.purpose}" in round ${key.round}; there are ${rounds.length} rounds for ` +
          `purpose "${purpose}": decode with the options of the recording`,
        { ...key },
      );
    }
    const name = `${key.branch}/${key.position}`;
    let place = seen.get(name);
    if (place === undefined) seen.set(name, place = seen.size);
    const uniform = list[place];
    if (uniform === undefined) {
      throw new DecodeError(
        `${list.length} uniforms are recorded for round ${key.round}, but one more is asked for; decode the recorded prompt ` +
          "with the options of the recording",
        { ...key },
      );
    }
    return uniform;
  };
}

/** FNV-1a, 32 bits. */
function hashWord(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
