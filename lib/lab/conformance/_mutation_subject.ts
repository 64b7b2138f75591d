/**
 * The cases that the mutation check runs, on the plain TypeScript model. A copy of this module with a changed library beside it
 * is a mutant. Used by tests only.
 *
 * @module
 */
import type { DiffusionModel } from "../../model/types.ts";
import { GoldenDirectory } from "./directory.ts";
import { ModelPool } from "./models.ts";
import { type CaseOutcome, runCase } from "./outcome.ts";
import { propertyCases } from "./properties.ts";
import { toyCases } from "./toy.ts";
import type { GoldenTraceFile } from "./trace_file.ts";
import { runTrace } from "./trace_run.ts";
import { compareRun } from "./traces.ts";

/** One recorded run each of a decoder with full attention, a block-causal one, and samplers without blocks in flight. */
const FILES = [
  "dream-d2f-single/full-bs8-t3",
  "dream-lopa/script-full-k2-bs16-t1",
  "diffucoder/lopa-script-full-k2-bs32-t2",
] as const;

/** Runs the recorded cases on a model wrapped by `wrap`. */
export async function* recordedCases(
  golden: string,
  { wrap = (model) => model }: {
    readonly wrap?: (model: DiffusionModel) => DiffusionModel;
  } = {},
): AsyncGenerator<CaseOutcome> {
  const directory = new GoldenDirectory(golden);
  await using models = new ModelPool(directory, null);
  for (const name of FILES) {
    yield await runCase({ group: "traces", name }, async (check) => {
      const file = await directory.json<GoldenTraceFile>(
        `traces/${name}.json`,
      );
      const [family] = name.split("/");
      const checkpoint = await models.load(file.checkpoint);
      const given = { family: family!, file, run: file.runs[0]! };
      const trace = await runTrace(checkpoint, {
        ...given,
        model: wrap(checkpoint.model),
      });
      compareRun(check, { ...given, trace });
    });
  }
}

/** Names of the cases that fail; with `first` only the first of them. */
export async function failingCases(
  golden: string,
  { first }: { readonly first: boolean },
): Promise<string[]> {
  const failing: string[] = [];
  const families = [
    propertyCases(),
    toyCases(new GoldenDirectory(golden)),
    recordedCases(golden),
  ];
  for (const family of families) {
    for await (const { status, name } of family) {
      if (status === "failed") failing.push(name);
      if (first && failing.length > 0) return failing;
    }
  }
  return failing;
}
