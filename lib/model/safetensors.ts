/**
 * The header of a safetensors file, checked strictly: eight bytes of length (little-endian), that many bytes of JSON naming
 * type, shape and byte range of each tensor, then the data without gaps or overlaps up to the end of the file.
 *
 * @module
 */
import { SafetensorsError } from "./errors.ts";
import { FLOAT_BYTES, type FloatType } from "./float_types.ts";
import { duplicateKey } from "./json_keys.ts";

/** Where one tensor lies. */
export interface TensorEntry {
  /** Name in the header. */
  readonly name: string;
  /** Element type. */
  readonly type: FloatType;
  /** Row-major. */
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly offset: number;
  /** Number of bytes. */
  readonly bytes: number;
}

/** Longest header accepted, in bytes; the format's own limit. */
export const MAX_HEADER_BYTES = 100_000_000;

/**
 * Length of the JSON header from the first eight bytes of a file.
 *
 * @throws {SafetensorsError} When the file is too short for what it says.
 */
export function headerLength(
  prefix: Uint8Array,
  where: { file: string; fileBytes: number },
): number {
  const { file, fileBytes } = where;
  if (prefix.length < 8 || fileBytes < 8) {
    throw new SafetensorsError(
      file,
      `${fileBytes} bytes are too few for a safetensors file, which begins with 8 bytes of length`,
    );
  }
  const length = Number(
    new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true),
  );
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      file,
      `a header of ${length} bytes is announced; at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  if (8 + length > fileBytes) {
    throw new SafetensorsError(
      file,
      `a header of ${length} bytes is announced, but the file has only ${fileBytes}: copy it again`,
    );
  }
  return length;
}

/**
 * Parses the JSON header and checks every entry.
 *
 * @param header The JSON bytes, without the eight bytes of length.
 * @returns Entries by name, in the order in which they lie in the file.
 * @throws {SafetensorsError} When the header is no JSON object of tensors, or its ranges do not tile the data exactly.
 */
export function parseHeader(
  header: Uint8Array,
  where: { file: string; fileBytes: number },
): Map<string, TensorEntry> {
  const { file, fileBytes } = where;
  const dataStart = 8 + header.length;
  const entries = Object.entries(headerObject(header, file))
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => tensorEntry(name, value, { file, dataStart }))
    .sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  let end = dataStart;
  for (const entry of entries) {
    if (entry.offset !== end) {
      const fault = entry.offset < end
        ? "overlaps the tensor before it"
        : "leaves a gap before it";
      throw new SafetensorsError(
        file,
        `tensor "${entry.name}" ${fault}: it begins at ${entry.offset}, not at ${end}`,
      );
    }
    end += entry.bytes;
  }
  if (end !== fileBytes) {
    const fault = end > fileBytes
      ? "is cut short: copy it again"
      : "has bytes that belong to no tensor";
    throw new SafetensorsError(
      file,
      `the tensors end at byte ${end}, the file at ${fileBytes}; it ${fault}`,
    );
  }
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function headerObject(
  header: Uint8Array,
  file: string,
): Record<string, unknown> {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(header);
    json = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError(
      file,
      `the header is no valid UTF-8 JSON (${(cause as Error).message})`,
    );
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new SafetensorsError(file, "the header is no JSON object");
  }
  const twice = duplicateKey(text);
  if (twice !== null) {
    throw new SafetensorsError(file, `the header names "${twice}" twice`);
  }
  return json as Record<string, unknown>;
}

function tensorEntry(
  name: string,
  value: unknown,
  at: { file: string; dataStart: number },
): TensorEntry {
  const fail = (fault: string): never => {
    throw new SafetensorsError(at.file, `tensor "${name}": ${fault}`);
  };
  if (typeof value !== "object" || value === null) {
    return fail("its entry is no JSON object");
  }
  const { dtype, shape, data_offsets: offsets } = value as Record<
    string,
    unknown
  >;
  if (typeof dtype !== "string" || !Object.hasOwn(FLOAT_BYTES, dtype)) {
    return fail(
      `dtype ${JSON.stringify(dtype)} is not among ${
        Object.keys(FLOAT_BYTES).join(", ")
      }`,
    );
  }
  const type = dtype as FloatType;
  if (!isSizes(shape)) {
    return fail(`shape ${JSON.stringify(shape)} is no list of sizes`);
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    return fail(
      `data_offsets ${JSON.stringify(offsets)} are no pair of byte positions`,
    );
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce(
    (product, size) => product * size,
    FLOAT_BYTES[type],
  );
  if (end - begin !== bytes) {
    return fail(
      `shape [${shape}] of ${type} takes ${bytes} bytes, but data_offsets [${offsets}] hold ${
        end - begin
      }`,
    );
  }
  return { name, type, shape, offset: at.dataStart + begin, bytes };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
