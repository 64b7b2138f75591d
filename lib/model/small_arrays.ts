/**
 * Short arrays of numbers, many of them from one allocation. Between two forwards nothing is left in the processor's caches, and
 * memory of its own takes an array longer than all that is done with it.
 *
 * @module
 */

/** Memory that arrays are cut from, never twice. */
const CHUNK_BYTES = 2 ** 16;

/** Longer arrays get memory of their own. */
const LARGEST_BYTES = 2 ** 12;

let chunk = new ArrayBuffer(CHUNK_BYTES);
let used = 0;

/** First byte of so many that nobody else has. */
function cut(bytes: number): number {
  if (used + bytes > CHUNK_BYTES) {
    chunk = new ArrayBuffer(CHUNK_BYTES);
    used = 0;
  }
  const at = used;
  used += bytes;
  return at;
}

/** `[length]`, zeros. */
export function int32Array(length: number): Int32Array<ArrayBuffer> {
  const bytes = 4 * length;
  if (bytes > LARGEST_BYTES) return new Int32Array(length);
  const at = cut(bytes);
  return new Int32Array(chunk, at, length);
}

/** `[length]`, zeros. */
export function float32Array(length: number): Float32Array<ArrayBuffer> {
  const bytes = 4 * length;
  if (bytes > LARGEST_BYTES) return new Float32Array(length);
  const at = cut(bytes);
  return new Float32Array(chunk, at, length);
}

/** The same numbers, in an array of their own. */
export function copyInt32s(values: Int32Array): Int32Array<ArrayBuffer> {
  const copy = int32Array(values.length);
  for (let i = 0; i < copy.length; i++) copy[i] = values[i]!;
  return copy;
}
