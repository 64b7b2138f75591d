import { assertEquals } from "@std/assert";
import { createDecoder } from "../../decoding/registry.ts";
import { canonicalJson } from "../json.ts";
import { decoderData, type Method, methodName } from "./methods.ts";

const METHODS: readonly Method[] = [
  { name: "vanilla" },
  { name: "few-step" },
  { name: "threshold" },
  { name: "entropy" },
  { name: "one-token" },
  { name: "d2f" },
  { name: "lopa", lookaheads: 0 },
  { name: "lopa", lookaheads: 14 },
];

Deno.test("decoderData() is a complete description: the decoder made from it has the same options", () => {
  for (const family of ["dream", "llada"] as const) {
    for (const method of METHODS) {
      const data = decoderData(method, family);
      const stored = JSON.parse(canonicalJson(data));
      const { name, options } = createDecoder(stored);
      assertEquals({ name, options }, { ...data });
    }
  }
});

Deno.test("decoderData() and methodName() tell all methods apart", () => {
  for (const family of ["dream", "llada"] as const) {
    const texts = METHODS.map((method) =>
      canonicalJson(decoderData(method, family))
    );
    assertEquals(new Set(texts).size, METHODS.length);
  }
  assertEquals(new Set(METHODS.map(methodName)).size, METHODS.length);
});
