/**
 * JSON with one spelling per value, so that hashes and files depend on content alone.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | JsonObject;

/** A JSON object; a key whose value is `undefined` counts as absent. */
export interface JsonObject {
  /** Value by key. */
  readonly [key: string]: Json | undefined;
}

function sorted(value: unknown, path: string): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw new TypeError(
        `Cannot write ${value} at "${path}" as JSON: want a finite number; use null for a missing one`,
      );
    case "object": {
      if (value === null) return null;
      if (Array.isArray(value)) {
        return value.map((item, i) => sorted(item, `${path}[${i}]`));
      }
      const prototype = Object.getPrototypeOf(value);
      if (prototype === Object.prototype || prototype === null) {
        return Object.fromEntries(
          Object.entries(value)
            .filter(([, item]) => item !== undefined)
            .sort(([a], [b]) => a < b ? -1 : 1)
            .map(([key, item]) => [key, sorted(item, `${path}.${key}`)]),
        );
      }
    }
  }
  throw new TypeError(
    `Cannot write the ${typeof value} at "${path}" as JSON: want null, a boolean, a finite number, a string, an array or a plain object`,
  );
}

/** The value in its one canonical spelling: keys sorted, no spaces. Throws `TypeError` on anything that is not JSON. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value, "$"));
}

/** The value for people and version control: keys sorted, two spaces, closing line feed. */
export function prettyJson(value: unknown): string {
  return JSON.stringify(sorted(value, "$"), null, 2) + "\n";
}

/** SHA-256 in hexadecimal; text is hashed as UTF-8. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
