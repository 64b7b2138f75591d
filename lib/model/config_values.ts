/**
 * Readers for single keys of a configuration file.
 *
 * @module
 */
import { ConfigError } from "./errors.ts";

/** A parsed JSON object. */
export type JsonObject = { readonly [key: string]: unknown };

function fail(json: JsonObject, key: string, wanted: string): never {
  const given = json[key] === undefined
    ? "is missing"
    : `is ${JSON.stringify(json[key])}`;
  throw new ConfigError(
    key,
    `config.json: ${key} ${given}; ${wanted} is wanted`,
  );
}

/** A string. */
export function text(json: JsonObject, key: string): string {
  const value = json[key];
  return typeof value === "string" ? value : fail(json, key, "a string");
}

/** A whole number from 1 to 2^31 - 1. */
export function count(json: JsonObject, key: string): number {
  const value = json[key];
  const valid = Number.isInteger(value) && (value as number) >= 1 &&
    (value as number) < 2 ** 31;
  return valid
    ? value as number
    : fail(json, key, "a whole number of at least 1");
}

/** A finite number above 0. */
export function positive(json: JsonObject, key: string): number {
  const value = json[key];
  return typeof value === "number" && value > 0 && value < Infinity
    ? value
    : fail(json, key, "a number above 0");
}

/** A boolean; `fallback` where the key is absent. */
export function flag(
  json: JsonObject,
  key: string,
  fallback: boolean,
): boolean {
  const value = json[key] ?? fallback;
  return typeof value === "boolean" ? value : fail(json, key, "true or false");
}

/** A token id, or `null` where the key is absent. Of a list of ids, as some models give for the end, the first counts. */
export function tokenId(json: JsonObject, key: string): number | null {
  const given = json[key];
  const value = Array.isArray(given) ? given[0] : given;
  if (value === undefined || value === null) return null;
  return Number.isInteger(value) && value >= 0
    ? value
    : fail(json, key, "a token id");
}

/**
 * Insists on one of the allowed values; an absent (or `null`) key passes if `undefined` is among them.
 *
 * @throws {ConfigError} Naming the key, the value found and the values allowed.
 */
export function insist(
  json: JsonObject,
  key: string,
  allowed: readonly unknown[],
): void {
  if (allowed.includes(json[key] ?? undefined)) return;
  const list = allowed.map((value) =>
    value === undefined ? "no such key" : JSON.stringify(value)
  ).join(" or ");
  fail(json, key, `${list} (another value would be another network)`);
}

/**
 * Insists that the class named first under `architectures`, where the key is present, is one of `known`.
 *
 * @throws {ConfigError} Naming the class found and the classes known.
 */
export function insistArchitecture(
  json: JsonObject,
  known: readonly string[],
): void {
  const given = json["architectures"];
  if (
    given === undefined || (Array.isArray(given) && known.includes(given[0]))
  ) return;
  fail(json, "architectures", `a list beginning with ${known.join(" or ")}`);
}
