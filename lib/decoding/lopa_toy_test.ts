/** The recorded cases of the toy model, by their summaries; `checkToyVectors` compares every round where the recording is at hand. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { compareCase, type ToyVector } from "./lopa_toy_check.ts";
import { runToyCase, type ToyConfig } from "./toy_cases.ts";
import { toyPrompt } from "./toy_model.ts";
import type { DecodeResult } from "./types.ts";
import type { ToyRun } from "./toy_run.ts";

const SHARED = {
  ...{
    seed: 1,
    prompt_len: 9,
    eos_at: null,
    max_new_tokens: 48,
    B: 8,
    tau_add: 0.1,
    tau_act: 0.95,
    tau_conf: 0.9,
  },
  ...{
    strategy: "neg_entropy",
    branch_topp: 1,
    alpha: 0,
    branching_factor: 3,
    lopa: true,
  },
};

/** Case, its options beside the shared ones, and steps, network calls, tokens and checksum as recorded. */
const CASES: Record<
  string,
  [Partial<ToyConfig>, [number, number, number, number]]
> = {
  d2f_single: [{ lopa: false }, [31, 30, 48, 24958]],
  lopa_bf1: [{ branching_factor: 1 }, [31, 30, 48, 24958]],
  lopa_bf2: [{ branching_factor: 2 }, [15, 39, 48, 24293]],
  lopa_bf3: [{}, [15, 51, 48, 26039]],
  lopa_bf7: [{ branching_factor: 7 }, [13, 81, 48, 25513]],
  lopa_bf3_tauadd1: [{ tau_add: 1 }, [22, 64, 48, 25301]],
  lopa_bf3_loose: [{ tau_act: 0.7, tau_conf: 0.7 }, [8, 25, 48, 27318]],
  lopa_bf3_default_conf: [{ strategy: "default" }, [15, 51, 48, 26039]],
  lopa_bf3_margin: [{ strategy: "margin" }, [15, 51, 48, 26039]],
  lopa_bf3_topp05_alpha05: [{ branch_topp: 0.5, alpha: 0.5 }, [
    31,
    114,
    48,
    24958,
  ]],
  lopa_bf3_eos: [{ eos_at: 21 }, [9, 29, 24, 5283]],
  d2f_eos: [{ eos_at: 21, lopa: false }, [16, 15, 24, 5102]],
  lopa_bf4_B4: [{
    seed: 2,
    max_new_tokens: 40,
    B: 4,
    tau_add: 0.3,
    tau_conf: 0.95,
    branching_factor: 4,
  }, [18, 58, 40, 18572]],
  lopa_bf14_B16: [{
    seed: 3,
    prompt_len: 13,
    max_new_tokens: 96,
    B: 16,
    branching_factor: 14,
  }, [20, 253, 96, 108500]],
};
const config = (more: Partial<ToyConfig>): ToyConfig => ({
  ...SHARED,
  ...more,
});
const checksum = (ids: Int32Array) =>
  ids.reduce((sum, id, i) => sum + (i + 1) * id, 0);
const summary = (
  { ids, referenceSteps, branchForwards }: DecodeResult,
) => [referenceSteps, branchForwards, ids.length, checksum(ids)];
const written = (ids: Int32Array) => ids.filter((id) => id !== 5).length;

for (const [name, [more, recorded]] of Object.entries(CASES)) {
  Deno.test(`d2f and lopa: toy case ${name} has the recorded steps, network calls, tokens and checksum`, async () => {
    const { result } = await runToyCase(config(more));
    assertEquals(summary(result), recorded);
  });
}

Deno.test("lopa: DiffuCoder on the toy gives the recorded ids, tokens and forwards", async () => {
  const lopa = { variant: "diffucoder" } as const;
  const plain = await runToyCase(config({ strategy: "default" }), { lopa });
  assertEquals([checksum(plain.result.ids), plain.result.referenceSteps], [
    26039,
    14,
  ]);
  const ending = await runToyCase(config({ strategy: "default", eos_at: 21 }), {
    lopa,
  });
  assertEquals([
    checksum(ending.result.ids),
    written(ending.result.ids),
    ending.result.referenceSteps,
  ], [5283, 21, 8]);
});

Deno.test("d2f: DiffuCoder's single branch on the toy gives the recorded ids, tokens and forwards", async () => {
  const options = {
    d2f: { rule: "diffucoder", strategy: "probability" },
  } as const;
  const { result } = await runToyCase(
    config({ eos_at: 21, lopa: false }),
    options,
  );
  assertEquals([
    checksum(result.ids),
    written(result.ids),
    result.referenceSteps,
  ], [5102, 21, 15]);
});

Deno.test("lopa: NV's factor f is Dream's f - 1, without duplicate anchors", async () => {
  const nv = await runToyCase(config({ branching_factor: 4 }), {
    lopa: { variant: "nv" },
  });
  const dream = await runToyCase(config({}));
  assertEquals(nv.result.ids, dream.result.ids);
  assertEquals(nv.result.referenceSteps, dream.result.referenceSteps);
  const duplicates = ({ steps }: ToyRun) =>
    steps.filter((step) => step.duplicates !== undefined).length;
  assertEquals(duplicates(nv), 0);
  assertNotEquals(duplicates(dream), 0);
});

Deno.test("lopa and d2f: without the frozen first position some cases come out otherwise (spec trap T1)", async () => {
  const changed: string[] = [];
  for (const [name, [more, recorded]] of Object.entries(CASES)) {
    const { result } = await runToyCase(config(more), { shift: false });
    if (String(summary(result)) !== String(recorded)) changed.push(name);
  }
  assertEquals(changed, [
    "lopa_bf3",
    "lopa_bf3_tauadd1",
    "lopa_bf3_default_conf",
    "lopa_bf3_margin",
    "d2f_eos",
  ]);
});

Deno.test("compareCase: a vector taken from a run agrees with it, and one changed score does not", async () => {
  const cfg = config({ max_new_tokens: 16 });
  const run = await runToyCase(cfg);
  const rounds = run.steps.map((step, i) => ({
    shared_prefix_end: step.prefixEnd!,
    cache_len: step.cached,
    commit_len: step.commitRows,
    branches: run.requests[i]!.branches.map(({ tokens }, b) => ({
      base: step.branches[b]!.anchor,
      gen: [...tokens].slice(
        tokens.length - (step.window.start + step.branches[b]!.length - 9),
      ),
    })),
    scores: step.branches.map(({ score }) => score!),
    winner: step.winner,
  })).slice(0, 2);
  const vector: ToyVector = {
    cfg,
    prompt: [...toyPrompt({ seed: 1, promptLength: 9 })],
    output: [...run.result.ids],
    steps: run.result.referenceSteps,
    tokens: 16,
    forwards: run.result.branchForwards,
    rounds,
    calls: null,
  };
  const cut = {
    ...run,
    steps: run.steps.slice(0, 2),
    requests: run.requests.slice(0, 2),
  };
  assertEquals(compareCase(vector, cut), []);
  const wrong = rounds.map((round, i) =>
    i === 1
      ? { ...round, scores: round.scores.map((score) => score + 1e-4) }
      : round
  );
  const [line] = compareCase({ ...vector, rounds: wrong }, cut);
  assertEquals(line?.startsWith("round 2: scores"), true);
  assertEquals(compareCase({ ...vector, rounds: wrong }, cut).length, 1);
});
