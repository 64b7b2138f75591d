/**
 * Writing safetensors files.
 *
 * @module
 */
import type { FloatType } from "./float_types.ts";

/** One tensor to be written. */
export interface StoredTensor {
  /** Element type. */
  readonly dtype: FloatType;
  /** Row-major. */
  readonly shape: readonly number[];
  /** Little-endian elements. */
  readonly bytes: Uint8Array;
}

/** A safetensors file with this JSON header and data. A header given as text is written as it is. */
export function safetensorsFile(header: unknown, data: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const out = new Uint8Array(8 + json.length + data.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  out.set(data, 8 + json.length);
  return out;
}

/**
 * Encodes tensors one after another, in the order given.
 *
 * @param metadata Strings that go along in the header. Default: `format` is `pt`, as the Hugging Face loaders want it.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end += bytes.length] };
  }
  const data = new Uint8Array(end);
  let at = 0;
  for (const { bytes } of tensors.values()) {
    data.set(bytes, at);
    at += bytes.length;
  }
  return safetensorsFile(header, data);
}
