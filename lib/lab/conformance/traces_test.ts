import { diffusionSpec } from "../../decoding/model_kind.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loadReferenceModel } from "../../model/reference_model.ts";
import type { Trace } from "../../decoding/trace_types.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { EOS, handmadeTrace, MASK, PAD } from "../../metrics/_handmade.ts";
import { goldenDirectory } from "../golden_archive.ts";
import { writeJson } from "./_synthetic.ts";
import { GoldenDirectory } from "./directory.ts";
import { ModelPool } from "./models.ts";
import { Comparison } from "./outcome.ts";
import type { GoldenRun, GoldenTraceFile } from "./trace_file.ts";
import { compareResult, compareSummary } from "./trace_result.ts";
import { runTrace } from "./trace_run.ts";
import { compareRun, traceCases } from "./traces.ts";

interface Example {
  readonly family: string;
  readonly file: GoldenTraceFile;
  readonly run: GoldenRun;
  readonly trace: Trace;
}

const golden = await goldenDirectory();

/** The first run of a file, by the plain TypeScript model. */
async function example(
  family: string,
  { name }: { readonly name: string },
): Promise<Example> {
  const directory = new GoldenDirectory(golden);
  const file = await directory.json<GoldenTraceFile>(
    `traces/${family}/${name}.json`,
  );
  await using models = new ModelPool(directory, null);
  const checkpoint = await models.load(file.checkpoint);
  const [run] = file.runs;
  const trace = await runTrace(checkpoint, { family, file, run: run! });
  return { family, file, run: run!, trace };
}

function differences(given: Example, run: GoldenRun): readonly string[] {
  const check = new Comparison();
  compareRun(check, { ...given, run });
  return check.differences.map(({ where }) => where);
}

type Json = Record<string, unknown>;

/** Something else of the same kind. */
function other(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "string") return `${value}?`;
  if (value === null) return 0;
  if (!Array.isArray(value)) throw new TypeError(`no other ${value}`);
  return value.length === 0 ? [[0, 0, 0, 0, 0, 0]] : [
    ...value.slice(0, -1),
    other(value.at(-1)),
  ];
}

const EXAMPLES = [
  ["dream-lopa", "script-full-k2-bs16-t1"],
  ["dream-d2f-single", "full-bs8-t3"],
  ["diffucoder", "lopa-script-full-k2-bs32-t2"],
  ["llada-fastdllm", "threshold0.9-dual-b16"],
  ["dream-fastdllm", "threshold0.9-dual-b16"],
  ["dream-fastdllm", "threshold0.9-s4"],
  ["dream-vanilla", "origin-s8"],
  ["dream-vanilla", "entropy-s8"],
] as const;

for (const [family, name] of EXAMPLES) {
  Deno.test(`compareRun: every recorded value of ${family}/${name} is looked at`, async () => {
    const given = await example(family, { name });
    const { run } = given;
    assertEquals(differences(given, run), []);
    const index = Math.min(2, run.steps.length - 1);
    for (const [key, value] of Object.entries(run.steps[index]!)) {
      if (key === "uniforms") continue;
      const bad = structuredClone(run) as { steps: Json[] } & GoldenRun;
      bad.steps[index]![key] = other(value);
      const [first] = differences(given, bad);
      assert(first?.startsWith(`step ${index + 1} ${key}`), `${key}: ${first}`);
    }
    for (const [key, value] of Object.entries(run.result)) {
      const wrong = key === "ref_stats"
        ? Object.fromEntries(
          Object.entries(value as Json).map(([k, v]) => [k, other(v)]),
        )
        : other(value);
      const check = new Comparison();
      const want = { ...run.result, [key]: wrong };
      compareResult(check, { trace: given.trace, want });
      const found = check.differences.filter(({ where }) =>
        where.startsWith(`result ${key}`)
      );
      const wanted = key === "ref_stats"
        ? Object.keys(value as Json).length
        : 1;
      assertEquals(found.length, wanted, key);
    }
  });
}

Deno.test("compareRun: unknown keys, missing steps and missing keys are differences", async () => {
  const given = await example("dream-lopa", {
    name: "script-full-k2-bs16-t1",
  });
  const { run } = given;
  const cases: [(steps: Json[]) => void, string][] = [
    [(steps) => steps[0]!.surprise = 1, "step 1 surprise"],
    [(steps) => delete steps[1]!.cache, "step 2 cache"],
    [
      (steps) => steps.push({ ...steps.at(-1)! }),
      `step ${run.steps.length + 1}`,
    ],
    [(steps) => steps.pop(), "steps"],
    [(steps) => steps[3]!.tie_for_best = 1, "step 4 tie_for_best"],
    [(steps) => steps[3]!.duplicate_branches = 1, "step 4 duplicate_branches"],
  ];
  for (const [damage, where] of cases) {
    const bad = structuredClone(run) as { steps: Json[] } & GoldenRun;
    damage(bad.steps);
    assertEquals(differences(given, bad)[0], where);
  }
  const check = new Comparison();
  compareResult(check, { trace: given.trace, want: { strange: 1 } });
  assertEquals(check.differences[0]!.got, "unknown result key");
});

Deno.test("compareSummary: every total is looked at, unknown keys are differences", () => {
  const traces = [
    handmadeTrace({
      ids: [3, EOS, PAD, MASK],
      steps: [{ fills: [2], branches: [6] }, { fills: [3], branches: [4, 4] }],
    }),
    handmadeTrace({ ids: [3, 3], steps: [{ fills: [2, 3] }] }),
  ];
  const compared = (want: Json) => {
    const check = new Comparison();
    compareSummary(check, { traces, want, fragile: 1 });
    return check.differences.map(({ where }) => where);
  };
  const common = { runs: 2, errors: 0, fragile_runs: 1 };
  const summaries: Json[] = [
    {
      ...common,
      total_tokens: 6,
      total_steps: 5,
      tpf_tokens_per_step: 1.2,
      non_eos_per_step: 1,
      forward_passes: 4,
    },
    {
      ...common,
      total_tokens: 6,
      total_nfe: 3,
      tpf: 2,
      non_eos_per_nfe: 1.6667,
      runs_with_masks_left: 1,
    },
    { ...common, total_tokens: 5, total_forwards_as_counted: 3, tpf: 1.6667 },
    {
      ...common,
      total_tokens: 6,
      total_forwards: 3,
      non_eos_per_forward: 1.6667,
    },
  ];
  for (const summary of summaries) {
    assertEquals(compared(summary), []);
    for (const [key, value] of Object.entries(summary)) {
      const wrong = { ...summary, [key]: (value as number) * 1.001 + 0.001 };
      assertEquals(compared(wrong), [`summary ${key}`]);
    }
    assertEquals(compared({ ...summary, strange: 1 }), ["summary strange"]);
  }
});

/** A directory with one trace file, changed by `damage`. */
async function damaged(
  folder: string,
  damage: (file: { runs: Json[] } & Json) => void,
): Promise<{ readonly status: string; readonly told: string }[]> {
  const file = await new GoldenDirectory(golden).json<{ runs: Json[] } & Json>(
    "traces/dream-d2f-single/full-bs8-t3.json",
  );
  file.runs = file.runs.slice(0, 1);
  file.summary = { runs: 1 };
  damage(file);
  await writeJson(`${folder}/traces/dream-d2f-single/x.json`, file);
  const directory = new GoldenDirectory(folder);
  await using models = new ModelPool(directory, null);
  const all = await Array.fromAsync(traceCases(directory, models));
  return all.map(({ status, differences, note }) => ({
    status,
    told: JSON.stringify(differences[0] ?? note ?? ""),
  }));
}

Deno.test("traceCases: fragility is read from the data, unknown keys fail", async () => {
  await using folder = await temporaryFolder();
  const model = "checkpoints/dream-tiny";
  await Deno.mkdir(`${folder.path}/${model}`, { recursive: true });
  for (const name of await new GoldenDirectory(golden).files(model)) {
    await Deno.copyFile(
      `${golden}/${model}/${name}`,
      `${folder.path}/${model}/${name}`,
    );
  }
  const run = (damage: (file: { runs: Json[] } & Json) => void) =>
    damaged(folder.path, damage);
  const wrongStep = ({ runs: [first] }: { runs: Json[] }) => {
    (first!.steps as Json[])[4]!.update_kv = 99;
  };
  assertEquals((await run(() => {})).map(({ status }) => status), [
    "passed",
    "passed",
  ]);
  const [failed] = await run(wrongStep);
  assertEquals(failed!.status, "failed");
  assertStringIncludes(failed!.told, "step 5 update_kv");
  const [listed, ...rest] = await run((file) => {
    wrongStep(file);
    file.runs[0]!.fragile = true;
  });
  assertEquals([listed!.status, rest.length], ["passed", 0]);
  assertStringIncludes(listed!.told, "fragile run differs at step 5 update_kv");
  for (const [stable, status] of [[4, "passed"], [5, "failed"]] as const) {
    const [leading] = await run((file) => {
      wrongStep(file);
      Object.assign(file.runs[0]!, { fragile: true, stable_steps: stable });
    });
    assertEquals(leading!.status, status);
  }
  const [unknownSetting] = await run((file) => {
    (file.setting as Json).new_option = 3;
  });
  assertStringIncludes(unknownSetting!.told, "new_option");
  const [unknownKey] = await run((file) => file.extra = 1);
  assertStringIncludes(unknownKey!.told, "unknown key");
  const [noModel] = await run((file) => file.checkpoint = "none");
  assertStringIncludes(noModel!.told, "there is no checkpoints/none");
});

Deno.test("runTrace: a decode that does not end is an error", async () => {
  const given = await example("dream-d2f-single", { name: "full-bs8-t3" });
  const { file, run } = given;
  using model = await loadReferenceModel(`${golden}/checkpoints/dream-tiny`)
    .then((model) =>
      Object.assign(model, {
        [Symbol.dispose]: () => model.close(),
      })
    );
  const stuck = {
    spec: model.spec,
    open: () => ({
      forward: (
        { branches }: { branches: readonly { predict: Int32Array }[] },
      ) =>
        Promise.resolve({
          rows: 0,
          branches: branches.map(({ predict }) => ({
            positions: predict,
            tokens: predict.map(() => diffusionSpec(model.spec).maskId),
            probability: new Float32Array(predict.length).fill(1),
            margin: new Float32Array(predict.length),
            negEntropy: new Float32Array(predict.length),
          })),
        }),
      close: () => {},
    }),
  };
  const checkpoint = { model, vocabulary: null };
  const message = await runTrace(checkpoint, {
    family: "dream-d2f-single",
    file,
    run,
    model: stuck,
  }).then(() => "", (error: Error) => error.message);
  assertStringIncludes(message, "no end after");
});
