import { assertEquals } from "@std/assert";
import { makesSentence } from "./makes_text.ts";

Deno.test("makesSentence() begins a sentence, and leaves a model's name as it is", () => {
  assertEquals(makesSentence("a causal model"), "A causal model");
  assertEquals(
    makesSentence("d2f-llada-mini distilled"),
    "`d2f-llada-mini` distilled",
  );
  assertEquals(makesSentence(""), "");
});
