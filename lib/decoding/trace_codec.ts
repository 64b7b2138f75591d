/**
 * Codecs between typed records and the plain JSON values of a trace. Decoding is strict: another type, an unknown key or a
 * missing one is an error that names the field.
 *
 * @module
 */

/** Two directions between a value and its JSON form. */
export interface Codec<T> {
  /** Throws a `RangeError` on a value that JSON cannot hold. */
  encode(value: T): unknown;
  /** Throws a {@linkcode FieldError} on anything else than what `encode` gives. */
  decode(value: unknown, path: string): T;
}

/** A field that does not hold what it should. */
export class FieldError extends TypeError {
  /** Always `FieldError`. */
  override readonly name = "FieldError";

  /** `path` names the field, `wanted` what should stand there. */
  constructor(path: string, given: { wanted: string; value: unknown }) {
    const text = JSON.stringify(given.value);
    const shown = text === undefined ? "nothing" : text.slice(0, 60);
    super(`${path} holds ${shown}, wanted ${given.wanted}`);
  }
}

function plain<T>(wanted: string, test: (value: unknown) => boolean): Codec<T> {
  return {
    encode(value) {
      if (!test(value)) {
        throw new RangeError(
          `a trace cannot hold ${String(value)}, wanted ${wanted}`,
        );
      }
      return value;
    },
    decode(value, path) {
      if (!test(value)) throw new FieldError(path, { wanted, value });
      return value as T;
    },
  };
}

/** A safe integer. */
export const integer: Codec<number> = plain(
  "an integer",
  (value) => Number.isSafeInteger(value),
);
/** An integer of at least 0. */
export const count: Codec<number> = plain(
  "a count",
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);
/** A finite number. */
export const real: Codec<number> = plain(
  "a finite number",
  (value) => Number.isFinite(value),
);
/** A string. */
export const text: Codec<string> = plain(
  "a string",
  (value) => typeof value === "string",
);
/** `true` or `false`. */
export const truth: Codec<boolean> = plain(
  "true or false",
  (value) => typeof value === "boolean",
);

/** One of a fixed set of strings. */
export function oneOf<T extends string>(values: readonly T[]): Codec<T> {
  const wanted = `one of ${values.join(", ")}`;
  return plain(wanted, (value) => values.includes(value as T));
}

/** A boolean written as 0 or 1. */
export const flag: Codec<boolean> = {
  encode: (value) => value ? 1 : 0,
  decode(value, path) {
    if (value !== 0 && value !== 1) {
      throw new FieldError(path, { wanted: "0 or 1", value });
    }
    return value === 1;
  },
};

/** `null` or what `inner` holds. */
export function nullable<T>(inner: Codec<T>): Codec<T | null> {
  return {
    encode: (value) => value === null ? null : inner.encode(value),
    decode: (value, path) => value === null ? null : inner.decode(value, path),
  };
}

/** A list of anything. */
export function list<T>(inner: Codec<T>): Codec<readonly T[]> {
  return {
    encode: (value) => value.map((item) => inner.encode(item)),
    decode(value, path) {
      if (!Array.isArray(value)) {
        throw new FieldError(path, { wanted: "a list", value });
      }
      return value.map((item, i) => inner.decode(item, `${path}[${i}]`));
    },
  };
}

/** An object written as an array of its fields in the order given. */
export function tuple<T extends object>(
  fields: { readonly [K in keyof T]-?: Codec<T[K]> },
): Codec<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return {
    encode: (value) => names.map((name) => fields[name].encode(value[name])),
    decode(value, path) {
      if (!Array.isArray(value) || value.length !== names.length) {
        throw new FieldError(path, { wanted: `[${names.join(", ")}]`, value });
      }
      return Object.fromEntries(
        names.map((name, i) => [
          name,
          fields[name].decode(value[i], `${path}.${name}`),
        ]),
      ) as T;
    },
  };
}

type OptionalKeys<T> = {
  [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never;
}[keyof T];

/** An object written as an object; `optional` fields may be absent, no others may be there. */
export function record<T extends object>(
  required: {
    readonly [K in Exclude<keyof T, OptionalKeys<T>>]: Codec<T[K]>;
  },
  optional: {
    readonly [K in OptionalKeys<T>]-?: Codec<Exclude<T[K], undefined>>;
  },
): Codec<T> {
  const fields = { ...required, ...optional } as unknown as Record<
    string,
    Codec<unknown>
  >;
  return {
    encode(value) {
      const given = value as Record<string, unknown>;
      const out: [string, unknown][] = [];
      for (const [name, codec] of Object.entries(fields)) {
        const absent = given[name] === undefined && name in optional;
        if (!absent) out.push([name, codec.encode(given[name])]);
      }
      return Object.fromEntries(out);
    },
    decode(value, path) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new FieldError(path, { wanted: "an object", value });
      }
      const given = value as Record<string, unknown>;
      for (const name of Object.keys(given)) {
        if (!Object.hasOwn(fields, name)) {
          throw new FieldError(`${path}.${name}`, {
            wanted: `only ${Object.keys(fields).join(", ")}`,
            value: given[name],
          });
        }
      }
      const out: [string, unknown][] = [];
      for (const [name, codec] of Object.entries(fields)) {
        if (Object.hasOwn(given, name)) {
          out.push([name, codec.decode(given[name], `${path}.${name}`)]);
        } else if (name in required) {
          throw new FieldError(`${path}.${name}`, {
            wanted: "a value",
            value: undefined,
          });
        }
      }
      return Object.fromEntries(out) as T;
    },
  };
}
