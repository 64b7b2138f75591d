/**
 * Reading a recorded setting: every key must be known, and what it means is a table.
 *
 * @module
 */

/**
 * What a key of a setting is for.
 * - `option`: it is the decoder option `name`; `null` and absence leave the option's default;
 * - `only`: it must be one of `values` and says nothing more;
 * - `ignored`: the reference does not look at it.
 */
export type SettingKey =
  | { readonly kind: "option"; readonly name: string }
  | { readonly kind: "only"; readonly values: readonly unknown[] }
  | { readonly kind: "ignored" };

/**
 * Turns a setting into decoder options, which the decoder checks.
 *
 * @param setting The recorded parameters.
 * @param keys What each key means.
 * @param about `owner`: whose setting it is, for messages; `required`: keys that must be there.
 * @throws {TypeError} For an unknown or missing key, or a value that a key must not have.
 */
export function readSetting(
  setting: Readonly<Record<string, unknown>>,
  keys: Readonly<Record<string, SettingKey>>,
  { owner, required = [] }: {
    readonly owner: string;
    readonly required?: readonly string[];
  },
): Record<string, unknown> {
  const missing = required.filter((name) => !Object.hasOwn(setting, name));
  if (missing.length > 0) {
    throw new TypeError(
      `${owner}: the setting lacks ${
        missing.join(", ")
      }; give what the reference ran with`,
    );
  }
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(setting)) {
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key === undefined) {
      throw new TypeError(
        `${owner}: unknown setting key "${name}"; known are ${
          Object.keys(keys).join(", ")
        }`,
      );
    }
    if (key.kind === "only" && !key.values.includes(value)) {
      throw new TypeError(
        `${owner}: setting key "${name}" is ${JSON.stringify(value)}; one of ${
          JSON.stringify(key.values)
        } is wanted`,
      );
    }
    if (key.kind === "option" && value !== null) options[key.name] = value;
  }
  return options;
}
