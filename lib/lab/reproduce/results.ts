/**
 * From finished cells to files: figures, tables, verdicts, manifest and report.
 *
 * @module
 */
import { packCells } from "../cell_archive.ts";
import { judgeAll } from "../claims/summary.ts";
import type { JudgedClaim } from "../claims/types.ts";
import { canonicalJson, type JsonObject, prettyJson } from "../json.ts";
import { collectManifest, type Manifest } from "../manifest/manifest.ts";
import { record } from "../manifest/recorded.ts";
import { loadPaperProvenance } from "../paper.ts";
import type { PlannedExperiment } from "../plan.ts";
import { buildReport } from "../report/report.ts";
import type { ReportFigure, ReportTable } from "../report/types.ts";
import type { ExperimentRun } from "../run.ts";
import type { RunStore } from "../store.ts";
import type { ReproduceOptions } from "./options.ts";
import type { OutputFolder } from "./output.ts";
import type { Tools } from "./tools.ts";

/** The finished cells behind everything else that a run writes. */
export const CELLS_FILE = "cells.jsonl.gz";

/** A run as far as it has come when its results are written. */
export interface FinishedRun {
  readonly options: ReproduceOptions;
  readonly planned: readonly PlannedExperiment[];
  readonly runs: readonly ExperimentRun[];
  readonly store: RunStore;
  readonly started: Date;
}

/** Digests of models and tasks by name. */
function inputsOf(
  planned: readonly PlannedExperiment[],
): Record<string, string> {
  const inputs: Record<string, string> = {};
  for (const { experiment, cells } of planned) {
    for (const { plan } of cells) {
      const { model, task } = plan.parameters;
      const name = (value: unknown) =>
        typeof value === "string" ? value : experiment.id;
      if (plan.model !== null) inputs[`model ${name(model)}`] = plan.model;
      if (plan.task !== null) inputs[`task ${name(task)}`] = plan.task;
    }
  }
  return inputs;
}

/** Each value once, in order of first appearance. */
function distinct(values: readonly JsonObject[]): JsonObject[] {
  return [...new Map(values.map((value) => [canonicalJson(value), value]))
    .values()];
}

async function manifestOf(
  { options, planned, runs, started }: FinishedRun,
  tools: Tools,
  output: OutputFolder,
): Promise<Manifest> {
  const computed = runs.reduce((sum, run) => sum + run.computed, 0);
  return await collectManifest({
    mode: options.mode,
    argv: tools.argv,
    started,
    ended: new Date(),
    experiments: runs.map(({ experiment, ...run }) => ({
      id: experiment.id,
      version: experiment.version,
      computed: run.computed,
      reused: run.reused,
      missing: run.missing,
      cells: run.cells.map(({ key }) => key),
      made: distinct(
        run.cells.flatMap(({ made }) => made === undefined ? [] : [made]),
      ),
    })),
    inputs: inputsOf(planned),
    seeds: [...new Set(runs.flatMap(({ experiment }) => experiment.seeds))],
    library: computed > 0
      ? await record(tools.library)
      : { unavailable: "no cell was computed in this run" },
    output: { folder: output.folder, files: output.files },
  });
}

/** Writes all files of a run but the notebooks, and gives the verdicts. */
export async function writeResults(
  run: FinishedRun,
  tools: Tools,
  output: OutputFolder,
): Promise<readonly JudgedClaim[]> {
  const figures: ReportFigure[] = [];
  const tables: ReportTable[] = [];
  for (const { experiment, cells } of run.runs) {
    if (cells.length === 0) continue;
    for (const table of await experiment.tables(cells)) {
      await output.writeTable(table);
      tables.push(table);
    }
    for (const figure of await experiment.figures(cells)) {
      figures.push(await output.writeFigure(figure));
    }
  }
  // A grid with holes could show any shape, so its claims stay untested.
  const measured = run.runs.map(({ experiment, cells, missing }) => ({
    experiment: experiment.id,
    measurements: missing > 0 ? [] : experiment.measure(cells),
  }));
  const judged = judgeAll(tools.claims, measured);
  await output.writeClaims(judged);
  const identities = run.planned.flatMap(({ cells }) =>
    cells.map(({ identity }) => identity)
  );
  await output.write(CELLS_FILE, await packCells(run.store, identities));
  const manifest = await manifestOf(run, tools, output);
  const provenance = await loadPaperProvenance();
  const report = { manifest, judged, figures, tables, provenance };
  await output.write("report.html", buildReport(report));
  await output.write("manifest.json", prettyJson(manifest));
  return judged;
}
