/**
 * Safetensors files that prove their own content: a SHA-256 over the whole file stands in the header's metadata, computed with
 * zeros in its own place.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  headerLength,
  parseHeader,
  type TensorEntry,
} from "../model/safetensors.ts";
import {
  encodeSafetensors,
  type StoredTensor,
} from "../model/safetensors_write.ts";
import { StateDamagedError } from "./run_errors.ts";

const BLANK = "0".repeat(64);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A sealed file that was read and found whole. */
export interface SealedFile {
  /** Metadata of the header. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Little-endian bytes of a tensor; throws a {@linkcode StateDamagedError} where there is none of that name. */
  bytes(name: string): Uint8Array;
}

/** Encodes tensors and metadata with their seal. */
export function seal(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const file = encodeSafetensors(tensors, { ...metadata, sha256: BLANK });
  const digest = createHash("sha256").update(file).digest("hex");
  file.set(encoder.encode(digest), sealAt(file, BLANK));
  return file;
}

/**
 * Checks a sealed file and reads it.
 *
 * @param path Name of the file, for messages.
 * @throws {StateDamagedError} When a byte is missing or another than was written.
 */
export function unseal(file: Uint8Array, path: string): SealedFile {
  const where = { file: path, fileBytes: file.length };
  let header: Uint8Array;
  let tensors: Map<string, TensorEntry>;
  try {
    header = file.subarray(8, 8 + headerLength(file.subarray(0, 8), where));
    tensors = parseHeader(header, where);
  } catch (error) {
    throw new StateDamagedError(path, (error as Error).message);
  }
  const { __metadata__: metadata = {} } = JSON.parse(decoder.decode(header));
  const digest: unknown = metadata.sha256;
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest)) {
    throw new StateDamagedError(path, "its header holds no SHA-256");
  }
  const blank = file.slice();
  blank.set(encoder.encode(BLANK), sealAt(file, digest));
  if (createHash("sha256").update(blank).digest("hex") !== digest) {
    throw new StateDamagedError(path, "its content does not match its SHA-256");
  }
  return {
    metadata,
    tensors,
    bytes: (name) => {
      const entry = tensors.get(name);
      if (!entry) throw new StateDamagedError(path, `it has no "${name}"`);
      return file.subarray(entry.offset, entry.offset + entry.bytes);
    },
  };
}

/** Where the digest's digits begin. */
function sealAt(file: Uint8Array, digest: string): number {
  const length = Number(
    new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true),
  );
  const mark = `"sha256":"`;
  const text = new TextDecoder("latin1").decode(file.subarray(8, 8 + length));
  return 8 + text.indexOf(mark + digest) + mark.length;
}
