import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  FAKE_SPEC,
  fakeModel,
  hashedLogits,
  peakedLogits,
} from "./_fake_model.ts";
import { runDecode } from "./decode.ts";
import { DecodeError } from "./errors.ts";
import { fastDllmDream, type FastDllmDreamOptions } from "./fast_dllm_dream.ts";
import { fastDllmDreamCanvas } from "./fast_dllm_dream_canvas.ts";
import type { DecodeStep } from "./types.ts";

const PROMPT = Int32Array.of(1, 2);
const SPEC = { ...FAKE_SPEC, family: "dream", shift: true } as const;
const SHAPE = { maxNewTokens: 8, blockSize: 4 };

const positions = (step: DecodeStep): number[] =>
  step.fills.map(({ position }) => position);

const fixed = (probabilities: readonly number[]) =>
  fakeModel(
    (position) => peakedLogits(3, probabilities[position - 2]!, SPEC),
    SPEC,
  );

async function run(
  options: FastDllmDreamOptions,
  model = fakeModel(hashedLogits(9, SPEC), SPEC),
): Promise<DecodeStep[]> {
  const { steps } = await runDecode(model, fastDllmDream(options), PROMPT);
  return [...steps];
}

Deno.test("fastDllmDream writes a block's first position freely, then by threshold", async () => {
  const model = fixed([0.3, 0.95, 0.5, 0.93, 0.99, 0.99, 0.99, 0.99]);
  for (const cache of ["prefix", "dual"] as const) {
    const steps = await run({ ...SHAPE, cache }, model);
    assertEquals(steps.map(positions), [[2], [3, 5], [4], [6], [7, 8, 9]]);
    assertEquals(
      steps.map(({ fills }) => fills[0]?.kind),
      ["free", "threshold", "forced", "free", "threshold"],
    );
    assertEquals(steps.map(({ block }) => block), [0, 0, 0, 1, 1]);
  }
});

Deno.test("fastDllmDream asks the first pass for one position and never needs a boundary row", async () => {
  const model = fakeModel(hashedLogits(9, SPEC), SPEC);
  await run({ ...SHAPE, cache: "dual", threshold: 2 }, model);
  assertEquals(
    model.requests.map(({ branches }) => [...branches[0]!.predict]),
    [
      [2],
      ...model.requests.slice(1, 4).map(({ branches }) => [
        ...branches[0]!.predict,
      ]),
      [6],
      ...model.requests.slice(5).map(({ branches }) => [
        ...branches[0]!.predict,
      ]),
    ],
  );
  assertEquals(
    model.requests.map(({ cached }) => cached.map((r) => [r.start, r.end])),
    [
      [],
      ...Array(3).fill([[0, 2], [6, 10]]),
      [],
      ...Array(3).fill([[0, 6]]),
    ],
  );
  assertEquals(
    model.requests.flatMap(({ cache }) => cache),
    [
      { kind: "reset" },
      { kind: "commit", branch: 0, rows: 10, boundary: false },
      { kind: "reset" },
      { kind: "commit", branch: 0, rows: 10, boundary: false },
    ],
  );
});

Deno.test("fastDllmDream with blocks of one position still makes a cached pass", async () => {
  const steps = await run({ maxNewTokens: 2, blockSize: 1 });
  assertEquals(steps.map(positions), [[2], [], [3], []]);
});

Deno.test("fastDllmDream entropy rule gives 1, 2, ..., 3 for 16 positions in 8 steps", async () => {
  const steps = await run({
    maxNewTokens: 16,
    blockSize: 16,
    steps: 8,
    rule: "entropy",
  });
  assertEquals(
    steps.map(({ fills }) => fills.length),
    [1, 2, 2, 2, 2, 2, 2, 3],
  );
  assertEquals(steps.map(({ quota }) => quota), [
    undefined,
    2,
    2,
    2,
    2,
    2,
    2,
    3,
  ]);
});

Deno.test("fastDllmDream refuses a schedule that leaves masks, unless asked to leave them", async () => {
  const options = { ...SHAPE, steps: 2, rule: "entropy" } as const;
  assertThrows(() => fastDllmDream(options), RangeError, "steps is 2");
  const model = fakeModel(hashedLogits(9, SPEC), SPEC);
  const decoder = fastDllmDream({ ...options, leaveMasks: true });
  const { steps, result } = await runDecode(model, decoder, PROMPT);
  assertEquals(steps.map(positions), [[2], [], [6], []]);
  assertEquals([...result.ids].filter((id) => id === SPEC.maskId).length, 6);
});

Deno.test("fastDllmDream names the position that a drawn MASK makes unpredictable", async () => {
  const model = fakeModel(() => peakedLogits(SPEC.maskId, 0.9, SPEC), SPEC);
  await assertRejects(
    () => run({ ...SHAPE, barMask: false }, model),
    DecodeError,
    "position 2 starts a block",
  );
});

Deno.test("fastDllmDreamCanvas considers a quota and the leftovers, and goes on until none is left", async () => {
  const model = fixed([0.95, 0.3, 0.92, 0.4, 0.91, 0.2]);
  const decoder = fastDllmDreamCanvas({ maxNewTokens: 6, steps: 2 });
  const { steps, result } = await runDecode(model, decoder, PROMPT);
  assertEquals(steps.map(positions), [[2, 4, 6], [5], [3], [7]]);
  assertEquals(steps.map(({ considered }) => considered), [3, 3, 2, 1]);
  assertEquals(steps.map(({ masked }) => masked), [6, 3, 2, 1]);
  assertEquals(result.forwards, 4);
});

Deno.test("fastDllmDreamCanvas keeps what is not among the considered, however probable", async () => {
  const model = fixed([0.99, 0.98, 0.97, 0.96]);
  const decoder = fastDllmDreamCanvas({ maxNewTokens: 4, steps: 4 });
  const { steps } = await runDecode(model, decoder, PROMPT);
  assertEquals(steps.map(positions), [[2], [3], [4], [5]]);
});

Deno.test("fastDllmDreamCanvas names steps that do not divide the length", () => {
  assertThrows(
    () => fastDllmDreamCanvas({ maxNewTokens: 6, steps: 4 }),
    RangeError,
    "maxNewTokens is 6 and steps 4",
  );
});
