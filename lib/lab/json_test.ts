import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { canonicalJson, prettyJson, sha256 } from "./json.ts";

Deno.test("canonicalJson() does not depend on key order", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
    const reversed = Object.fromEntries(Object.entries(value).reverse());
    assertEquals(canonicalJson(reversed), canonicalJson(value));
    assertEquals(
      canonicalJson(JSON.parse(prettyJson(value))),
      canonicalJson(value),
    );
  }));
});

Deno.test("canonicalJson() leaves undefined keys out and keeps array order", () => {
  assertEquals(canonicalJson({ b: [2, 1], a: undefined }), '{"b":[2,1]}');
});

Deno.test("canonicalJson() refuses what JSON cannot hold and names the place", () => {
  for (const bad of [NaN, Infinity, () => 1, undefined, 1n, new Map()]) {
    assertThrows(() => canonicalJson({ x: [bad] }), TypeError, "$.x[0]");
  }
});

Deno.test("sha256() is SHA-256", () => {
  assertEquals(
    sha256("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assertEquals(sha256(new Uint8Array([97, 98, 99])), sha256("abc"));
  assertNotEquals(sha256("abd"), sha256("abc"));
});
