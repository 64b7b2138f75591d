/**
 * The counter-based generator Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011): 128 bits as a pure function of a counter and a key.
 *
 * @module
 */

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

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
  let a = counter[0]!;
  let b = counter[1]!;
  let c = counter[2]!;
  let d = counter[3]!;
  let key0 = key[0]!;
  let key1 = key[1]!;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highProduct(MULTIPLIER_0, a);
    const high1 = highProduct(MULTIPLIER_1, c);
    const low0 = Math.imul(MULTIPLIER_0, a);
    const low1 = Math.imul(MULTIPLIER_1, c);
    a = high1 ^ b ^ key0;
    b = low1;
    c = high0 ^ d ^ key1;
    d = low0;
    key0 = (key0 + WEYL_0) | 0;
    key1 = (key1 + WEYL_1) | 0;
  }
  return Uint32Array.of(a, b, c, d);
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
