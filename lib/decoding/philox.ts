/**
 * The counter-based generator Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011): 128 bits as a pure function of a counter and a key.
 *
 * @module
 */

const ROUNDS = 10;
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const WEYL = [0x9e3779b9, 0xbb67ae85] as const;

/**
 * One block of random bits.
 *
 * @param counter `[4]` words.
 * @param key `[2]` words.
 * @returns `[4]` words.
 */
export function philox4x32(
  counter: Uint32Array,
  key: Uint32Array,
): Uint32Array {
  const words = counter.slice();
  let key0 = key[0]!;
  let key1 = key[1]!;
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b, c, d] = words as unknown as [number, number, number, number];
    words[0] = highProduct(MULTIPLIERS[1], c) ^ b ^ key0;
    words[1] = Math.imul(MULTIPLIERS[1], c);
    words[2] = highProduct(MULTIPLIERS[0], a) ^ d ^ key1;
    words[3] = Math.imul(MULTIPLIERS[0], a);
    key0 = (key0 + WEYL[0]) >>> 0;
    key1 = (key1 + WEYL[1]) >>> 0;
  }
  return words;
}

/** Upper 32 bits of the 64-bit product of two 32-bit words. */
function highProduct(x: number, y: number): number {
  const xLow = x & 0xffff;
  const yLow = y & 0xffff;
  const xHigh = x >>> 16;
  const yHigh = y >>> 16;
  const middle = xHigh * yLow + ((xLow * yLow) >>> 16);
  const carry = xLow * yHigh + (middle & 0xffff);
  return xHigh * yHigh + Math.floor(middle / 0x10000) + (carry >>> 16);
}
