/**
 * The main job: plan, compute what is missing, execute the notebooks, judge the claims, write everything down.
 *
 * @module
 */
import { join } from "node:path";
import { FileWriteError } from "../../training/atomic.ts";
import { exitCode } from "../claims/summary.ts";
import { readGit } from "../manifest/git.ts";
import { record } from "../manifest/recorded.ts";
import { planExperiment, type PlannedExperiment } from "../plan.ts";
import { type ExperimentRun, runExperiment, RunStoppedError } from "../run.ts";
import { RunStore } from "../store.ts";
import { loadCells } from "./cells.ts";
import { executeNotebook, listNotebooks } from "./notebooks.ts";
import type { ReproduceOptions } from "./options.ts";
import { OutputFolder } from "./output.ts";
import { assertPublishable, publish } from "./publish.ts";
import { writeResults } from "./results.ts";
import { planText, summaryText } from "./texts.ts";
import type { Tools } from "./tools.ts";

async function planAll(
  options: ReproduceOptions,
  tools: Tools,
  store: RunStore,
): Promise<PlannedExperiment[]> {
  const { experiments } = tools;
  const { only, shard } = options;
  const ids = experiments.map(({ id }) => id);
  const unknown = only.find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot run "${unknown}": the experiments are ${ids.join(", ")}`,
    );
  }
  const timing = experiments.some((experiment) => experiment.timing)
    ? { timing: await tools.timing() }
    : {};
  const planned: PlannedExperiment[] = [];
  const earlier = new Set<string>();
  for (const experiment of experiments) {
    const compute = only.length === 0 || only.includes(experiment.id);
    const sharding = shard === undefined ? {} : { shard };
    planned.push(
      await planExperiment(experiment, {
        ...{ store, compute, earlier },
        ...sharding,
        ...timing,
      }),
    );
  }
  return planned;
}

/** Runs what can run; the reasons of what cannot go to `failures`. Throws when asked to stop or when the store is not writable. */
async function runAll(
  planned: readonly PlannedExperiment[],
  tools: Tools,
  { store, failures }: { store: RunStore; failures: string[] },
): Promise<ExperimentRun[]> {
  const { progress, signal, print, made } = tools;
  const options = { store, progress, signal, made };
  const runs: ExperimentRun[] = [];
  for (const plan of planned) {
    try {
      runs.push(await runExperiment(plan, options));
    } catch (error) {
      if (error instanceof RunStoppedError) throw error;
      if (error instanceof FileWriteError) throw error;
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  for (const path of store.damaged) {
    print(`Ignored a damaged result and computed its cell again: ${path}\n`);
  }
  return runs;
}

async function executeAll(
  notebooks: readonly string[],
  tools: Tools,
  { output, failures }: { output: OutputFolder; failures: string[] },
): Promise<void> {
  for (const path of notebooks) {
    if (tools.signal.aborted) {
      throw new RunStoppedError("Stopped before the last notebook");
    }
    const failure = await executeNotebook(path, {
      output,
      run: tools.runNotebook,
      print: tools.print,
    });
    if (failure !== null) failures.push(failure);
  }
}

/**
 * Runs the main job and gives the exit code: 0 all tested claims hold, 1 one differs, 2 something could not run. Throws on
 * options that make no sense, a refused publication, a full disk while files are written, or a request to stop.
 */
export async function reproduce(
  options: ReproduceOptions,
  tools: Tools,
): Promise<0 | 1 | 2> {
  const { mode } = options;
  const { places, print } = tools;
  const started = new Date();
  if (options.publish && !options.allowDirty) {
    assertPublishable(await record(() => readGit(places.root)));
  }
  const store = new RunStore(places.runs, mode);
  const output = new OutputFolder(join(places.output, mode));
  const whole = options.only.length === 0 && options.shard === undefined;
  const notebooks = whole ? await listNotebooks(places.notebooks) : [];
  for (const file of options.load) await loadCells(file, { store, print });
  const planned = await planAll(options, tools, store);
  print(planText(planned, { mode, notebooks, output: output.folder }));
  if (options.list) return 0;

  const failures: string[] = [];
  const runs = await runAll(planned, tools, { store, failures });
  await executeAll(notebooks, tools, { output, failures });
  const finished = { options, planned, runs, store, started };
  const judged = await writeResults(finished, tools, output);
  if (options.publish && failures.length > 0) {
    failures.push("publication, because something else could not run");
  } else if (options.publish) {
    const { results } = places;
    await publish(output.files, { folder: output.folder, results });
    print(`Published to ${results}\n`);
  }
  const missing = runs.reduce((sum, run) => sum + run.missing, 0);
  const report = join(output.folder, "report.html");
  print(summaryText(judged, { failures, missing, report }));
  return failures.length > 0 ? 2 : exitCode(judged);
}
