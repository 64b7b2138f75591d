import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  FAKE_SPEC,
  fakeModel,
  hashedLogits,
  peakedLogits,
} from "./_fake_model.ts";
import { runDecode } from "./decode.ts";
import { DecodeError } from "./errors.ts";
import { fastDllmLlada, type FastDllmLladaOptions } from "./fast_dllm_llada.ts";
import type { DecodeStep } from "./types.ts";

const PROMPT = Int32Array.of(1, 2);
const SHAPE = { maxNewTokens: 8, blockSize: 4 };

const positions = (step: DecodeStep): number[] =>
  step.fills.map(({ position }) => position);

/** Predicts every position at a fixed probability. */
const fixed = (probabilities: readonly number[]) =>
  fakeModel((position) => peakedLogits(3, probabilities[position - 2]!));

async function run(
  options: FastDllmLladaOptions,
  model = fakeModel(hashedLogits(6, FAKE_SPEC)),
): Promise<DecodeStep[]> {
  const { steps } = await runDecode(model, fastDllmLlada(options), PROMPT);
  return [...steps];
}

Deno.test("fastDllmLlada writes what reaches the threshold, and the best when nothing does", async () => {
  const model = fixed([0.95, 0.92, 0.5, 0.4]);
  const steps = await run({ maxNewTokens: 4, blockSize: 4 }, model);
  assertEquals(steps.map(positions), [[2, 3], [4], [5]]);
  assertEquals(
    steps.map(({ fills }) => fills.map(({ kind }) => kind)),
    [["threshold", "threshold"], ["forced"], ["forced"]],
  );
});

Deno.test("fastDllmLlada factor rule differs from the intended one in the reference's last candidate", async () => {
  const shape = { maxNewTokens: 2, blockSize: 2, rule: "factor" } as const;
  const model = fixed([0.99, 0.2]);
  assertEquals((await run(shape, model)).map(positions), [[2, 3]]);
  const intended = await run({ ...shape, factorVariant: "intended" }, model);
  assertEquals(intended.map(positions), [[2], [3]]);
});

Deno.test("fastDllmLlada quota rule follows the table and stops when the block is full", async () => {
  const steps = await run({ ...SHAPE, rule: "quota", steps: 6 });
  assertEquals(steps.map(({ quota }) => quota), [2, 1, 1, 2, 1, 1]);
});

Deno.test("fastDllmLlada prefix cache computes the block and what follows it on the cached prefix", async () => {
  const model = fakeModel(hashedLogits(6, FAKE_SPEC));
  const steps = await run({ ...SHAPE, cache: "prefix", threshold: 2 }, model);
  assertEquals(steps.map(({ pass }) => pass).slice(0, 5), [
    "refresh",
    "cached",
    "cached",
    "cached",
    "refresh",
  ]);
  assertEquals(
    steps.map(({ window }) => [window.start, window.length]),
    [[0, 10], [2, 8], [2, 8], [2, 8], [0, 10], [6, 4], [6, 4], [6, 4]],
  );
  assertEquals(
    model.requests.map(({ cache }) => cache),
    [
      [{ kind: "reset" }],
      [{ kind: "commit", branch: 0, rows: 2, boundary: false }],
      [],
      [],
      [{ kind: "reset" }],
      [{ kind: "commit", branch: 0, rows: 6, boundary: false }],
      [],
      [],
    ],
  );
  assertEquals(steps.map(({ cached }) => cached), [0, 2, 2, 2, 0, 6, 6, 6]);
});

Deno.test("fastDllmLlada dual cache computes the block alone between two cached ranges", async () => {
  const model = fakeModel(hashedLogits(6, FAKE_SPEC));
  const steps = await run({ ...SHAPE, cache: "dual", threshold: 2 }, model);
  assertEquals(
    model.requests.map(({ cached }) => cached.map((r) => [r.start, r.end])),
    [
      [],
      ...Array(3).fill([[0, 2], [6, 10]]),
      [],
      ...Array(3).fill([[0, 6]]),
    ],
  );
  assertEquals(model.requests[0]!.commitRows, 10);
  assertEquals(
    steps.map(({ positions }) => positions),
    [10, 4, 4, 4, 10, 4, 4, 4],
  );
});

Deno.test("fastDllmLlada cached makes a second pass over a full block unless told not to", async () => {
  const model = fixed(Array(8).fill(0.99));
  const always = await run({ ...SHAPE, cache: "dual" }, model);
  assertEquals(always.map(({ fills }) => fills.length), [4, 0, 4, 0]);
  const tested = await run(
    { ...SHAPE, cache: "dual", alwaysInnerPass: false },
    model,
  );
  assertEquals(tested.map(({ fills }) => fills.length), [4, 4]);
});

Deno.test("fastDllmLlada stepCap ends an endless loop with a named error", async () => {
  const model = fakeModel(() => peakedLogits(FAKE_SPEC.maskId, 0.9));
  const options = { ...SHAPE, barMask: false, stepCap: 5 };
  const error = await assertRejects(() => run(options, model), DecodeError);
  assertInstanceOf(error, DecodeError);
  assertEquals(error.data, { forwards: 5, masks: 8, stepCap: 5 });
  assertEquals(model.openSessions(), 0);
});

Deno.test("fastDllmLlada with a cache says why it cannot run on a shifted model", async () => {
  const spec = { ...FAKE_SPEC, shift: true };
  const model = fakeModel(
    (position) => peakedLogits(3, 0.2 + 0.05 * position),
    spec,
  );
  await assertRejects(
    () => run({ ...SHAPE, cache: "dual" }, model),
    DecodeError,
    "position 2 starts a block",
  );
  assertEquals((await run(SHAPE, model)).length, 8);
});
