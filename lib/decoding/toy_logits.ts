/**
 * The arithmetic of the toy model (spec section 14): counter-based noise and the logits of one row, in float64.
 *
 * @module
 */

const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;
const word = (value: bigint) => BigInt.asUintN(64, value);

/** One step of SplitMix64. */
function mix(value: bigint): bigint {
  let z = word(value + GOLDEN_GAMMA);
  z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** A uniform in [0, 1) for a seed, a position and a purpose. */
export function toyRandom(
  seed: number,
  { position, purpose }: {
    readonly position: number;
    readonly purpose: number;
  },
): number {
  const hash = mix(mix(mix(BigInt(seed)) ^ BigInt(position)) ^ BigInt(purpose));
  return Number(hash >> 11n) / 2 ** 53;
}

const VOCABULARY = 40;
const MASK = 39;
const EOS = 5;
const noise = new Map<string, Float64Array>();

/** The part of a row that depends on seed and position alone: U(., 1), U(., 2), then the noise of every token. */
function fixedPart(seed: number, position: number): Float64Array {
  const key = `${seed}/${position}`;
  let row = noise.get(key);
  if (row === undefined) {
    const purposes = [
      1,
      2,
      ...Array.from({ length: VOCABULARY }, (_, v) => 100 + v),
    ];
    row = Float64Array.from(
      purposes,
      (purpose) => toyRandom(seed, { position, purpose }),
    );
    noise.set(key, row);
  }
  return row;
}

/** Where a row stands. */
export interface ToyRow {
  /** Of the toy. */
  readonly seed: number;
  /** Generated offset from which on the toy prefers to end, or `null`. */
  readonly eosAt: number | null;
  /** Length of the prompt. */
  readonly promptLength: number;
  /** The position that is predicted. */
  readonly position: number;
  /** First position of the window: everything before it counts as written. */
  readonly start: number;
  /** Token at a position of prefix or window; `undefined` behind the window. */
  readonly tokenAt: (position: number) => number | undefined;
}

/** Logits that predict a position, `[40]`. */
export function toyRow(
  { seed, eosAt, promptLength, position, start, tokenAt }: ToyRow,
): Float64Array {
  let written = 0;
  for (let r = Math.max(0, position - 3); r <= position + 3; r++) {
    if (r === position) continue;
    const token = tokenAt(r);
    if (r < start || (token !== undefined && token !== MASK)) written++;
  }
  const fixed = fixedPart(seed, position);
  const before = tokenAt(position - 1);
  const base = Math.floor(1000 * fixed[0]!) +
    (before === undefined || before === MASK ? 0 : before);
  const ends = eosAt !== null && position >= promptLength + eosAt;
  const preferred = ends ? EOS : 6 + base % 32;
  const logits = Float64Array.from(
    { length: VOCABULARY },
    (_, v) => 2 * fixed[2 + v]!,
  );
  logits[preferred] = logits[preferred]! + 2.5 + written + 3 * fixed[1]!;
  logits[MASK] = -30;
  return logits;
}
