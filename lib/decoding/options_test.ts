import { assertEquals, assertThrows } from "@std/assert";
import {
  type Fields,
  flag,
  integer,
  nullable,
  numeric,
  oneOf,
  resolveOptions,
} from "./options.ts";

interface Sample {
  readonly count: number;
  readonly share?: number;
  readonly mode?: "a" | "b";
  readonly on?: boolean;
  readonly cap?: number | null;
}

const FIELDS: Fields<Sample> = {
  count: integer({ min: 1, max: 9 }),
  share: numeric({ above: 0, max: 1, fallback: 0.5 }),
  mode: oneOf(["a", "b"]),
  on: flag(true),
  cap: nullable(integer({ min: 1 })),
};

const resolve = (given: object): Required<Sample> =>
  resolveOptions<Sample>(given, FIELDS, { owner: "sample" });

Deno.test("resolveOptions adds the defaults", () => {
  assertEquals(resolve({ count: 3 }), {
    count: 3,
    share: 0.5,
    mode: "a",
    on: true,
    cap: null,
  });
});

Deno.test("resolveOptions keeps what is given, null included", () => {
  const given = { count: 9, share: 1, mode: "b", on: false, cap: 4 };
  assertEquals(resolve(given) as object, given);
  assertEquals(resolve({ ...given, cap: null }).cap, null);
});

Deno.test("resolveOptions names unknown and missing options", () => {
  assertThrows(
    () => resolve({ count: 1, shape: 2 }),
    TypeError,
    'sample: there is no option "shape"; the options are count, share, mode, on, cap',
  );
  assertThrows(
    () => resolve({}),
    TypeError,
    'option "count" is missing; give an integer from 1 to 9',
  );
});

Deno.test("resolveOptions tells a wrong type from a value out of range", () => {
  assertThrows(() => resolve({ count: "3" }), TypeError, 'is "3"');
  assertThrows(() => resolve({ count: 1, on: 1 }), TypeError, "true or false");
  assertThrows(() => resolve({ count: 2.5 }), RangeError, "is 2.5");
  assertThrows(() => resolve({ count: NaN }), RangeError, "is NaN");
  assertThrows(() => resolve({ count: 1, mode: "c" }), RangeError, '"a", "b"');
  assertThrows(
    () => resolve({ count: 1, share: 0 }),
    RangeError,
    "give a finite number above 0 and of at most 1",
  );
  assertThrows(() => resolve({ count: 1, cap: 0 }), RangeError, "or null");
});
