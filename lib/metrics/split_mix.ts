/**
 * SplitMix64 (Steele, Lea and Flood 2014) in pairs of 32-bit words: several million numbers a second, where `BigInt` gives one.
 *
 * @module
 */

/** High word of the product of two 32-bit words. */
function highWord(a: number, b: number): number {
  const a0 = a & 0xffff, a1 = a >>> 16, b0 = b & 0xffff, b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const rest = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 65536) + Math.floor(rest / 65536)) >>>
    0;
}

/**
 * Uniform numbers in [0, 1), multiples of 2^-53, from a seed.
 *
 * @throws {RangeError} for a seed that is not an integer.
 */
export function splitMix64(seed: number): () => number {
  const start = BigInt.asUintN(64, BigInt(seed));
  let high = Number(start >> 32n), low = Number(start & 0xffffffffn);
  let h = 0, l = 0;

  /** `(h, l) = ((h, l) ^ ((h, l) >> shift)) * (fh, fl)`, for shifts below 32. */
  const mix = (shift: number, fh: number, fl: number) => {
    const x = (h ^ (h >>> shift)) >>> 0;
    const y = (l ^ ((l >>> shift) | (h << (32 - shift)))) >>> 0;
    h = (highWord(y, fl) + Math.imul(x, fl) + Math.imul(y, fh)) >>> 0;
    l = Math.imul(y, fl) >>> 0;
  };

  return () => {
    low += 0x7f4a7c15;
    high = (high + 0x9e3779b9 + (low > 0xffffffff ? 1 : 0)) >>> 0;
    low >>>= 0;
    h = high;
    l = low;
    mix(30, 0xbf58476d, 0x1ce4e5b9);
    mix(27, 0x94d049bb, 0x133111eb);
    const x = (h ^ (h >>> 31)) >>> 0;
    const y = (l ^ ((l >>> 31) | (h << 1))) >>> 0;
    return (x * 0x200000 + (y >>> 11)) / 2 ** 53;
  };
}
