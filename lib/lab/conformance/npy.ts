/**
 * NumPy's `.npy` arrays, as golden data holds them: little-endian float32 in C order.
 *
 * @module
 */

/** An array of numbers. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/**
 * Parses a `.npy` file, format versions 1 to 3.
 *
 * @throws {SyntaxError} on anything else than a whole array of that kind; `name` stands in the message.
 */
export function parseNpy(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): NpyArray {
  const fail = (problem: string) =>
    new SyntaxError(
      `${name}: ${problem}; wanted a .npy of little-endian float32 in C order`,
    );
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw fail("not a .npy file");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw fail(`format version ${version}`);
  const begin = version === 1 ? 10 : 12;
  if (bytes.length < begin) throw fail("cut short within its header");
  const length = version === 1
    ? view.getUint16(8, true)
    : view.getUint32(8, true);
  if (begin + length > bytes.length) throw fail("cut short within its header");
  const header = new TextDecoder().decode(
    bytes.subarray(begin, begin + length),
  );
  const match =
    /^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \}\s*$/
      .exec(header);
  if (match === null) throw fail(`header ${JSON.stringify(header.trim())}`);
  const [, type, fortran, dims] = match;
  if (type !== "<f4" || fortran !== "False") throw fail(`type ${type}`);
  const shape = dims!.split(",").map((dim) => dim.trim()).filter((dim) =>
    dim !== ""
  ).map(Number);
  const count = shape.reduce((product, dim) => product * dim, 1);
  const body = bytes.subarray(begin + length);
  if (body.length !== 4 * count) {
    throw fail(`${body.length} bytes for shape (${shape.join(", ")})`);
  }
  const copy = body.slice();
  return { shape, data: new Float32Array(copy.buffer, 0, count) };
}
