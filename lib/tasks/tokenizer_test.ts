import { assert, assertEquals, assertThrows } from "@std/assert";
import { loadTokenizer } from "../model/tokenizer.ts";
import { codeMini } from "./code_mini.ts";
import { TaskError } from "./errors.ts";
import { gsmMiniFree } from "./gsm_free.ts";
import { gsmMini } from "./gsm_mini.ts";
import { encodeProblem, taskTokenizer, writeTokenizer } from "./tokenizer.ts";
import type { Task } from "./types.ts";
import { SPECIAL, VOCABULARY } from "./vocabulary.ts";

const TASKS: readonly Task[] = [gsmMini, gsmMiniFree, codeMini()];
const tokenizer = taskTokenizer();

Deno.test("Every problem and answer comes back from its ids as it was, and fits the canvas; no id is in vain", () => {
  const used = new Set<number>([SPECIAL.eos, SPECIAL.mask]);
  for (const task of TASKS) {
    for (const split of ["train", "test"] as const) {
      for (let index = 0; index < 3000; index++) {
        const problem = task.problem(split, index);
        const { prompt, answer } = encodeProblem(problem);
        assertEquals(prompt[0], SPECIAL.bos);
        assertEquals(tokenizer.decode(prompt.subarray(1)), problem.prompt);
        assertEquals(tokenizer.decode(answer), problem.answer);
        assertEquals(
          tokenizer.decode(answer, { skipSpecial: true }),
          problem.answer,
        );
        assertEquals(prompt, tokenizer.encode(problem.prompt, { bos: true }));
        assert(answer.length < task.maxNewTokens, problem.id);
        assert(prompt.length <= 48, problem.id);
        for (const id of [...prompt, ...answer]) used.add(id);
      }
    }
  }
  const idle = VOCABULARY.filter((_, id) => !used.has(id));
  assertEquals(idle, []);
});

Deno.test("The vocabulary is closed, has at most 320 ids and no piece twice", () => {
  assert(VOCABULARY.length <= 320, String(VOCABULARY.length));
  assertEquals(new Set(VOCABULARY).size, VOCABULARY.length);
  assertEquals(tokenizer.size, VOCABULARY.length);
  assertEquals(
    VOCABULARY.map((_, id) => tokenizer.decode([id])),
    VOCABULARY,
  );
});

Deno.test("A number is one token per digit, wherever it stands", () => {
  for (const text of ["12", "12 + 34 = 46", "#### 99", "x > 17 ? 17 : x"]) {
    const pieces = Array.from(
      tokenizer.encode(text),
      (id) => tokenizer.display(id),
    );
    assertEquals(pieces.join(""), text);
    for (const piece of pieces) assert(!/\d/.test(piece) || piece.length === 1);
  }
});

Deno.test("Frame tokens stay visible in decoded answers, special ones do not", () => {
  const ids = [SPECIAL.bos, SPECIAL.mask, SPECIAL.eos, 3, 4, 5, 6];
  assertEquals(
    tokenizer.decode(ids, { skipSpecial: true }),
    "<|answer|><|gsm|><|free|><|code|>",
  );
});

Deno.test("Text outside of the vocabulary is refused, not dropped", () => {
  assertThrows(
    () => encodeProblem({ prompt: "Zebra", answer: "1" }),
    TaskError,
    "lacks a piece",
  );
});

Deno.test("The written files load as a model's tokenizer with the same ids", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await writeTokenizer(directory);
    const loaded = await loadTokenizer(directory);
    assertEquals(loaded.digest, tokenizer.digest);
    assertEquals(loaded.maskId, SPECIAL.mask);
    assertEquals(loaded.bosId, SPECIAL.bos);
    const { prompt, answer } = gsmMini.problem("dev", 5);
    for (const text of [prompt, answer]) {
      assertEquals(loaded.encode(text), tokenizer.encode(text));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
