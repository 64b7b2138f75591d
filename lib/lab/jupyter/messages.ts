/**
 * Jupyter wire messages: header, parent, metadata and content as JSON, signed with HMAC-SHA-256. Source: the Jupyter
 * messaging protocol 5.3.
 *
 * @module
 */
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";

/** One decoded message. */
export interface JupyterMessage {
  readonly type: string;
  readonly id: string;
  readonly parentId: string | null;
  readonly metadata: Record<string, unknown>;
  readonly content: Record<string, unknown>;
}

const DELIMITER = "<IDS|MSG>";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function sign(key: string, parts: readonly Uint8Array[]): string {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest("hex");
}

/** Encodes a request of `type`, signed with `key`; returns the frames and the message id. */
export function encodeMessage(
  type: string,
  content: Record<string, unknown>,
  options: { readonly key: string; readonly session: string },
): { readonly id: string; readonly frames: Uint8Array[] } {
  const id = randomUUID();
  const header = {
    msg_id: id,
    session: options.session,
    username: "dllm-lab",
    date: new Date().toISOString(),
    msg_type: type,
    version: "5.3",
  };
  const parts = [header, {}, {}, content].map((part) =>
    encoder.encode(JSON.stringify(part))
  );
  return {
    id,
    frames: [
      encoder.encode(DELIMITER),
      encoder.encode(sign(options.key, parts)),
      ...parts,
    ],
  };
}

/** Decodes frames from a kernel. Throws a `SyntaxError` when a part is missing or the signature is wrong. */
export function decodeMessage(
  frames: readonly Uint8Array[],
  key: string,
): JupyterMessage {
  const at = frames.findIndex((part) => decoder.decode(part) === DELIMITER);
  const parts = frames.slice(at + 2, at + 6);
  if (at < 0 || parts.length < 4) {
    throw new SyntaxError(
      `Cannot read a Jupyter message: found ${frames.length} frames without delimiter and four parts`,
    );
  }
  const given = Buffer.from(decoder.decode(frames[at + 1]), "utf8");
  const wanted = Buffer.from(sign(key, parts), "utf8");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new SyntaxError(
      "Cannot trust a Jupyter message: its signature does not match the connection key",
    );
  }
  const [header, parent, metadata, content] = parts.map((part) =>
    JSON.parse(decoder.decode(part))
  );
  return {
    type: header.msg_type,
    id: header.msg_id,
    parentId: parent.msg_id ?? null,
    metadata,
    content,
  };
}
