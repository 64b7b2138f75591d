import { assert, assertEquals, assertThrows } from "@std/assert";
import { codeMini } from "./code_mini.ts";
import { Draw } from "./draw.ts";
import { TaskError } from "./errors.ts";
import { gsmMiniFree } from "./gsm_free.ts";
import { gsmMini } from "./gsm_mini.ts";
import { TaskMixture } from "./mixture.ts";
import { drawInSplit, splitOf } from "./split.ts";
import type { Problem, Task } from "./types.ts";

const TASKS: readonly Task[] = [gsmMini, gsmMiniFree, codeMini()];
const HELD_OUT = 2000;

/** Training problems that are compared with all held-out ones, per task. */
const TRAIN: Record<string, number> = {
  "gsm-mini": 200_000,
  "gsm-mini-free": 20_000,
  "code-mini": 200_000,
};

/** A prompt without what names things: numbers and operations are what must differ. */
const prompts = (problems: readonly Problem[]) =>
  new Set(problems.map(({ prompt }) => prompt));

for (const task of TASKS) {
  const draw = (split: "dev" | "test") =>
    Array.from({ length: HELD_OUT }, (_, i) => task.problem(split, i));

  Deno.test(`${task.name}: no problem of dev or test has a twin in train or in each other`, () => {
    const [dev, test] = [draw("dev"), draw("test")];
    const devKeys = new Set(dev.map(({ key }) => key));
    const testKeys = new Set(test.map(({ key }) => key));
    assertEquals(devKeys.intersection(testKeys).size, 0);
    const held = prompts([...dev, ...test]);
    for (let i = 0; i < TRAIN[task.name]!; i++) {
      const { key, prompt } = task.problem("train", i);
      if (devKeys.has(key) || testKeys.has(key) || held.has(prompt)) {
        throw new Error(`train problem ${i} is held out: ${key}`);
      }
    }
    if (task.name === "gsm-mini-free") return;
    assert(prompts(test).size > 0.9 * HELD_OUT, `${prompts(test).size} differ`);
  });

  Deno.test(`${task.name}: labels are as frequent in every split`, () => {
    const frequencies = (problems: readonly Problem[]) => {
      const counts = new Map<string, number>();
      for (const { labels } of problems) {
        for (const label of Object.entries(labels)) {
          const name = label.join("=");
          counts.set(name, (counts.get(name) ?? 0) + 1 / problems.length);
        }
      }
      return counts;
    };
    const train = frequencies(
      Array.from({ length: HELD_OUT }, (_, i) => task.problem("train", i)),
    );
    for (const held of [frequencies(draw("dev")), frequencies(draw("test"))]) {
      assertEquals([...held.keys()].sort(), [...train.keys()].sort());
      for (const [label, share] of held) {
        const expected = train.get(label)!;
        const deviation = Math.sqrt(2 * expected * (1 - expected) / HELD_OUT);
        assert(
          Math.abs(share - expected) < 4 * deviation,
          `${label}: ${share} against ${expected}`,
        );
      }
    }
  });

  Deno.test(`${task.name}: a problem depends on its split and index alone`, () => {
    assertEquals(task.problem("test", 41), task.problem("test", 41));
    assert(task.problem("test", 41).key !== task.problem("test", 42).key);
    for (const index of [-1, 0.5, 2 ** 32, NaN]) {
      assertThrows(
        () => task.problem("train", index),
        RangeError,
        "an integer from 0",
      );
    }
    assertEquals(
      task.problem("train", 2 ** 32 - 1).id,
      `${task.name}/train/4294967295`,
    );
  });
}

Deno.test("The hash gives a tenth of the keys to dev and to test", () => {
  const counts = { train: 0, dev: 0, test: 0 };
  for (let i = 0; i < 20_000; i++) counts[splitOf(`key ${i}`)]++;
  assert(Math.abs(counts.dev - 2000) < 200, String(counts.dev));
  assert(Math.abs(counts.test - 2000) < 200, String(counts.test));
});

Deno.test("A generator without a key in the split is reported", () => {
  const key = Array.from({ length: 100 }, (_, i) => String(i))
    .find((key) => splitOf(`t:${key}`) === "train")!;
  assertThrows(
    () => drawInSplit({ task: "t", split: "test", index: 0 }, () => ({ key })),
    TaskError,
    "more distinct keys",
  );
});

Deno.test("Draw: choices are as likely as they should be, and their information is added up", () => {
  const counts = { a: 0, b: 0 };
  let sum = 0;
  let bits = 0;
  const n = 20_000;
  for (let index = 0; index < n; index++) {
    const draw = new Draw({
      task: "t",
      purpose: "p",
      split: 0,
      index,
      attempt: 0,
    });
    counts[draw.weighted([["a", 3], ["b", 1]] as const)]++;
    for (let i = 0; i < 5; i++) sum += draw.integer(1, 6);
    bits += draw.bits;
  }
  assert(Math.abs(counts.a / n - 0.75) < 0.015, String(counts.a));
  assert(Math.abs(sum / n / 5 - 3.5) < 0.03, String(sum / n / 5));
  const entropy = -0.75 * Math.log2(0.75) - 0.25 * Math.log2(0.25) +
    5 * Math.log2(6);
  assert(Math.abs(bits / n - entropy) < 0.03, String(bits / n));
});

Deno.test("A mixture draws each task as often as its weight says, and refuses nonsense", () => {
  const mixture = new TaskMixture([[gsmMini, 9], [gsmMiniFree, 1]]);
  let free = 0;
  for (let i = 0; i < 2000; i++) {
    const problem = mixture.problem("train", i);
    const task = problem.id.startsWith("gsm-mini-free") ? gsmMiniFree : gsmMini;
    if (task === gsmMiniFree) free++;
    if (i < 50) assertEquals(problem, task.problem("train", i));
  }
  assert(Math.abs(free - 200) < 60, String(free));
  assertThrows(() => new TaskMixture([]), TaskError, "no tasks");
  assertThrows(() => new TaskMixture([[gsmMini, 0]]), TaskError, "above 0");
});
