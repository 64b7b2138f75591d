import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { codeMini } from "./code_mini.ts";
import { gsmMiniFree } from "./gsm_free.ts";
import { gsmMini } from "./gsm_mini.ts";
import { taskStatistics } from "./statistics.ts";
import type { Task } from "./types.ts";

/** Per task: bounds of the statistics, and a fingerprint of the first problems of its present version. */
const EXPECTED: readonly {
  readonly task: Task;
  readonly distinct: number;
  readonly prompt: readonly [mean: number, max: number];
  readonly answer: readonly [mean: number, max: number];
  readonly bits: readonly [least: number, most: number];
  readonly fingerprint: string;
}[] = [
  {
    task: gsmMini,
    distinct: 0.85,
    prompt: [29, 45],
    answer: [28, 63],
    bits: [5.5, 7],
    fingerprint: "33ef5ae7736df15c",
  },
  {
    task: gsmMiniFree,
    distinct: 0.1,
    prompt: [16, 16],
    answer: [18, 24],
    bits: [3.5, 6],
    fingerprint: "ae8264fd3e8efd6e",
  },
  {
    task: codeMini(),
    distinct: 0.85,
    prompt: [18, 26],
    answer: [26, 45],
    bits: [4, 6],
    fingerprint: "3b3dcb0442b24f55",
  },
];

for (const expected of EXPECTED) {
  const { task, prompt, answer, bits } = expected;

  Deno.test(`${task.name}: lengths, variety and free choices are as documented`, () => {
    const found = taskStatistics(task, { split: "train", count: 3000 });
    assertEquals(found.problems, 3000);
    assert(found.distinct >= expected.distinct * 3000, String(found.distinct));
    for (
      const [{ mean, max }, [meanBound, maxBound]] of [
        [found.promptTokens, prompt],
        [found.answerTokens, answer],
      ] as const
    ) {
      assert(mean <= meanBound && max <= maxBound, `${mean} ${max}`);
    }
    assert(
      found.choiceBits > bits[0] && found.choiceBits < bits[1],
      String(found.choiceBits),
    );
  });

  Deno.test(`${task.name}: the first problems are those of the present version`, () => {
    const hash = createHash("sha256");
    for (const split of ["train", "dev", "test"] as const) {
      for (let index = 0; index < 100; index++) {
        hash.update(JSON.stringify(task.problem(split, index)));
      }
    }
    assertEquals(
      hash.digest("hex").slice(0, 16),
      expected.fingerprint,
      "problems have changed: raise the task's VERSION, then put the new fingerprint here",
    );
  });
}
