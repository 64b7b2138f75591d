import { assertEquals, assertThrows } from "@std/assert";
import { loadTokenizer } from "../../model/tokenizer.ts";
import { TINY_MODELS } from "../claims/tiny_claims.ts";
import { goldenDirectory } from "../golden_archive.ts";
import { GOLDEN_PROMPTS, toyPrompts } from "./toy_prompts.ts";

Deno.test("GOLDEN_PROMPTS are the prompts of the golden traces", async () => {
  const path = "traces/dream-vanilla/entropy-s64.json";
  const text = await Deno.readTextFile(`${await goldenDirectory()}/${path}`);
  const { runs } = JSON.parse(text) as { runs: { prompt: string }[] };
  assertEquals(runs.map(({ prompt }) => prompt), [...GOLDEN_PROMPTS]);
});

Deno.test("toyPrompts() gives different prompts, the golden ones first, and more never changes the first", () => {
  const many = toyPrompts(120);
  assertEquals(new Set(many).size, 120);
  assertEquals(many.slice(0, 12), GOLDEN_PROMPTS);
  assertEquals(many.slice(0, 36), toyPrompts(36));
  assertEquals(toyPrompts(3), GOLDEN_PROMPTS.slice(0, 3));
});

Deno.test("toyPrompts() refuses more prompts than its kinds have", () => {
  assertThrows(() => toyPrompts(20_000), RangeError, "Cannot make 20000");
});

Deno.test("every toy prompt can be encoded by every tiny model", async () => {
  for (const model of TINY_MODELS) {
    const folder = `${await goldenDirectory()}/checkpoints/${model}`;
    const tokenizer = await loadTokenizer(folder);
    for (const prompt of toyPrompts(120)) {
      const ids = tokenizer.encode(prompt, { bos: true });
      assertEquals(ids.length, prompt.length + 1);
    }
  }
});
