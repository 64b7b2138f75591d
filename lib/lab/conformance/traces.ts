/**
 * Decoding traces: token for token, step for step, branch for branch, cache for cache.
 *
 * @module
 */
import { replayResult } from "../../decoding/replay.ts";
import { parseTrace } from "../../decoding/trace_reader.ts";
import { traceText } from "../../decoding/trace_writer.ts";
import type { Trace } from "../../decoding/trace_types.ts";
import type { GoldenDirectory } from "./directory.ts";
import type { ModelPool } from "./models.ts";
import { type CaseOutcome, type Comparison, runCase } from "./outcome.ts";
import type { GoldenRun, GoldenTraceFile } from "./trace_file.ts";
import { compareResult, compareSummary } from "./trace_result.ts";
import { familyStyle, runTrace } from "./trace_run.ts";
import { compareSteps } from "./trace_steps.ts";

/** Keys of a file. */
const FILE_KEYS = ["setting", "checkpoint", "reference", "summary", "runs"];

/** One case per run and one per summary of every file under `traces/`. */
export async function* traceCases(
  directory: GoldenDirectory,
  models: ModelPool,
): AsyncGenerator<CaseOutcome> {
  for (const family of await directory.folders("traces")) {
    const group = `traces/${family}`;
    for (const name of await directory.files(group)) {
      let file: GoldenTraceFile | undefined;
      const opened = await runCase({ group, name }, async (check) => {
        familyStyle(family);
        const read = await directory.json<GoldenTraceFile>(`${group}/${name}`);
        for (const key of Object.keys(read)) {
          if (!FILE_KEYS.includes(key)) {
            check.differ(key, { got: "unknown key", want: FILE_KEYS });
          }
        }
        await models.load(read.checkpoint);
        file = read;
      });
      if (opened.status === "failed") yield opened;
      if (file !== undefined) {
        yield* fileCases(file, { models, family, name });
      }
    }
  }
}

interface FileContext {
  readonly models: ModelPool;
  readonly family: string;
  readonly name: string;
}

async function* fileCases(
  file: GoldenTraceFile,
  { models, family, name }: FileContext,
): AsyncGenerator<CaseOutcome> {
  const group = `traces/${family}`;
  const traces: Trace[] = [];
  let tolerated = false;
  for (const [i, run] of file.runs.entries()) {
    const id = { group, name: `${name} run ${i}` };
    const outcome = await runCase(id, async (check) => {
      const checkpoint = await models.load(file.checkpoint);
      const trace = await runTrace(checkpoint, { family, file, run });
      traces.push(trace);
      compareRun(check, { family, run, trace });
    });
    const judged = judgeRun(outcome, run);
    tolerated ||= judged !== outcome || run.stable_steps !== undefined;
    yield judged;
  }
  if (tolerated || traces.length < file.runs.length) return;
  yield await runCase({ group, name: `${name} summary` }, (check) => {
    const fragile = file.runs.filter((run) => run.fragile).length;
    compareSummary(check, { traces, want: file.summary, fragile });
  });
}

/** Compares one run: its steps, its result unless only leading steps count, and its replay. */
export function compareRun(
  check: Comparison,
  { family, run, trace }: {
    readonly family: string;
    readonly run: GoldenRun;
    readonly trace: Trace;
  },
): void {
  const count = run.fragile && run.stable_steps !== undefined
    ? run.stable_steps
    : run.steps.length;
  compareSteps(check, {
    style: familyStyle(family),
    steps: trace.steps,
    want: run.steps,
    count,
  });
  if (count >= run.steps.length && check.differences.length === 0) {
    compareResult(check, { trace, want: run.result });
  }
  const read = parseTrace(traceText(trace));
  const replayed = replayResult(read).subarray(run.prompt_ids.length);
  check.equal("replay of the written trace", {
    got: [...replayed],
    want: [...trace.result.ids],
  });
}

/**
 * A run that rests on less than rounding may differ; it is listed instead of failed.
 *
 * @param options `tolerated`: another reason why this run may differ.
 */
export function judgeRun(
  outcome: CaseOutcome,
  run: GoldenRun,
  { tolerated = null }: { readonly tolerated?: string | null } = {},
): CaseOutcome {
  const [first] = outcome.differences;
  const threw = first?.where === "error";
  if (outcome.status !== "failed" || threw) return outcome;
  const fragile = run.fragile && run.stable_steps === undefined;
  const reason = fragile ? "fragile run" : tolerated;
  if (reason === null) return outcome;
  return {
    ...outcome,
    status: "passed",
    differences: [],
    note: `${reason} differs at ${first!.where}: got ${
      JSON.stringify(first!.got)
    }, recorded ${JSON.stringify(first!.want)}`,
  };
}
