/**
 * The three float types of checkpoints and the conversions between their bits and JavaScript numbers.
 *
 * @module
 */

/** Element type of a stored tensor, as safetensors names it. */
export type FloatType = "F32" | "BF16" | "F16";

/** Bytes of one element. */
export const FLOAT_BYTES: Readonly<Record<FloatType, number>> = {
  F32: 4,
  BF16: 2,
  F16: 2,
};

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Nearest bfloat16 to `value` (ties to even), as a number. Infinities and NaN are kept. */
export function roundToBf16(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0]!;
  if ((bits & 0x7f800000) === 0x7f800000) return scratch[0];
  scratchBits[0] = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
  return scratch[0];
}

/** Rounds every element to the nearest bfloat16, in place. */
export function roundArrayToBf16(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) values[i] = roundToBf16(values[i]!);
  return values;
}

/**
 * Widens little-endian elements to float32, exactly.
 *
 * @throws {RangeError} When the byte count is no whole number of elements.
 */
export function widen(bytes: Uint8Array, type: FloatType): Float32Array {
  const size = FLOAT_BYTES[type];
  if (bytes.length % size !== 0) {
    throw new RangeError(
      `${bytes.length} bytes are no whole number of ${type} elements of ${size} bytes`,
    );
  }
  const count = bytes.length / size;
  if (type === "F32") {
    return new Float32Array(bytes.slice().buffer);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(count);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < count; i++) {
    const half = view.getUint16(2 * i, true);
    if (type === "BF16") bits[i] = half << 16;
    else out[i] = widenHalf(half);
  }
  return out;
}

function widenHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Arrays one after another. */
export function joinFloats(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
