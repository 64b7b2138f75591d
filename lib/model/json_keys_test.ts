import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { duplicateKey } from "./json_keys.ts";

Deno.test("duplicateKey finds the first key that one object holds twice", () => {
  assertEquals(duplicateKey('{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}]}'), null);
  assertEquals(duplicateKey('{"a":1,"b":{"c":2,"d":[],"c":3}}'), "c");
  assertEquals(duplicateKey(String.raw`{"a":1,"\u0061":2}`), "a");
  assertEquals(duplicateKey(String.raw`{"a\",\"b":"x","b":"\",\"b\":"}`), null);
  assertEquals(duplicateKey('[["a","a"],{"k":["k","k"]}]'), null);
  assertEquals(duplicateKey("3"), null);
});

Deno.test("duplicateKey finds nothing in what JSON.stringify writes, and a key written twice anywhere", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.string(), (value, key) => {
    assertEquals(duplicateKey(JSON.stringify(value, null, 1)), null);
    const name = JSON.stringify(key);
    assertEquals(
      duplicateKey(`[{${name}:${JSON.stringify(value)},${name}:0}]`),
      key,
    );
  }));
});
