/**
 * JSON text with a fixed form: equal values give equal bytes, and every number reads back as the same double.
 *
 * @module
 */

/** Writes a JSON value; keys stay in the order of the object. Throws `RangeError` on anything that JSON cannot hold. */
export function jsonText(value: unknown): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) {
      throw new RangeError(`a trace cannot hold the number ${value}`);
    }
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value === "object") {
    const fields = Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`);
    return `{${fields.join(",")}}`;
  }
  throw new RangeError(
    `a trace cannot hold a ${typeof value}, wanted JSON values only`,
  );
}

/** A copy of a JSON value with the keys of all its objects sorted. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) =>
    a < b ? -1 : a > b ? 1 : 0
  );
  return Object.fromEntries(
    entries.map(([key, item]) => [key, sortedKeys(item)]),
  );
}
