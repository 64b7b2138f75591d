/**
 * Options of decoders: read from code or from plain JSON, checked once, and complete with their defaults afterwards.
 *
 * @module
 */

/** How one option is checked, and its value when it is not given. */
export interface Field<T> {
  /** The default; `undefined` for an option that must be given. */
  readonly fallback: T | undefined;
  /** What is wanted, as it stands in error messages. */
  readonly wants: string;
  /** Whether a value has the right type. */
  isType(value: unknown): boolean;
  /** Whether a value of the right type is in range. */
  inRange(value: T): boolean;
}

/** The fields of an options type, one per property. */
export type Fields<O> = {
  readonly [K in keyof O]-?: Field<Exclude<O[K], undefined>>;
};

/** Bounds of a numeric option and its default. */
export interface NumberBounds {
  /** Smallest value allowed. */
  readonly min?: number;
  /** Values must be larger than this. */
  readonly above?: number;
  /** Largest value allowed. */
  readonly max?: number;
  /** The default; without it the option must be given. */
  readonly fallback?: number;
}

/** A finite number within bounds. */
export function numeric(bounds: NumberBounds = {}): Field<number> {
  return {
    fallback: bounds.fallback,
    wants: describe("a finite number", bounds),
    isType: (value) => typeof value === "number",
    inRange: (value) => Number.isFinite(value) && within(value, bounds),
  };
}

/** An integer within bounds. */
export function integer(bounds: NumberBounds = {}): Field<number> {
  return {
    fallback: bounds.fallback,
    wants: describe("an integer", bounds),
    isType: (value) => typeof value === "number",
    inRange: (value) => Number.isSafeInteger(value) && within(value, bounds),
  };
}

/** `true` or `false`. */
export function flag(fallback: boolean): Field<boolean> {
  return {
    fallback,
    wants: "true or false",
    isType: (value) => typeof value === "boolean",
    inRange: () => true,
  };
}

/** One of a list of words; the first is the default. */
export function oneOf<const T extends string>(values: readonly T[]): Field<T> {
  return {
    fallback: values[0],
    wants: `one of ${values.map((value) => `"${value}"`).join(", ")}`,
    isType: (value) => typeof value === "string",
    inRange: (value) => values.includes(value),
  };
}

/** What `field` takes, or `null`; `null` is the default unless told otherwise. */
export function nullable<T>(
  field: Field<T>,
  fallback: T | null = null,
): Field<T | null> {
  return {
    fallback,
    wants: `${field.wants}, or null`,
    isType: (value) => value === null || field.isType(value),
    inRange: (value) => value === null || field.inRange(value),
  };
}

/**
 * Checks options and adds the defaults.
 *
 * @param given Options as the caller or a JSON file gave them.
 * @param fields What each option may be.
 * @param about `owner`: whose options they are, for messages.
 * @throws {TypeError} For an unknown option, a missing one, or one of a wrong type.
 * @throws {RangeError} For a value out of range.
 */
export function resolveOptions<O extends object>(
  given: object,
  fields: Fields<O>,
  { owner }: { readonly owner: string },
): Required<O> {
  const names = Object.keys(fields) as (keyof O & string)[];
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(fields, name)) {
      throw new TypeError(
        `${owner}: there is no option "${name}"; the options are ${
          names.join(", ")
        }`,
      );
    }
  }
  const values = given as Partial<O>;
  const resolved: Partial<O> = {};
  for (const name of names) {
    resolved[name] = resolveOne(
      values[name],
      fields[name] as Field<O[typeof name]>,
      { label: `${owner}: option "${name}"` },
    );
  }
  return resolved as Required<O>;
}

function resolveOne<T>(
  value: T | undefined,
  field: Field<T>,
  { label }: { readonly label: string },
): T {
  if (value === undefined) {
    if (field.fallback !== undefined) return field.fallback;
    throw new TypeError(`${label} is missing; give ${field.wants}`);
  }
  const shown = typeof value === "number" ? value : JSON.stringify(value);
  const complaint = `${label} is ${shown}; give ${field.wants}`;
  if (!field.isType(value)) throw new TypeError(complaint);
  if (!field.inRange(value)) throw new RangeError(complaint);
  return value;
}

function within(value: number, { min, above, max }: NumberBounds): boolean {
  return value >= (min ?? -Infinity) && value > (above ?? -Infinity) &&
    value <= (max ?? Infinity);
}

function describe(kind: string, { min, above, max }: NumberBounds): string {
  if (min !== undefined && max !== undefined) {
    return `${kind} from ${min} to ${max}`;
  }
  const bounds = [
    ...(min === undefined ? [] : [`of at least ${min}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(max === undefined ? [] : [`of at most ${max}`]),
  ];
  return [kind, bounds.join(" and ")].join(" ").trim();
}
