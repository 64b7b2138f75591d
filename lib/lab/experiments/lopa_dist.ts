/**
 * The measured half of LoPA's throughput: scaling over devices, both cache protocols, the threshold sweep of Table 4 and its
 * baselines, with models trained here and on the machine at hand. Other models and another machine than the paper's.
 *
 * @module
 */
import type { Task } from "../../tasks/types.ts";
import type { Mode } from "../cell.ts";
import { distClaims } from "../claims/dist_claims.ts";
import { TRAINED_MODELS } from "../evaluation/trained_models.ts";
import type {
  CellContext,
  CellPlan,
  CellResult,
  Experiment,
} from "../experiment.ts";
import { canonicalJson, sha256 } from "../json.ts";
import { distFigures } from "./lopa_dist_figures.ts";
import {
  cellSeconds,
  lopaDistGrid,
  type LopaDistParameters,
  TOY,
} from "./lopa_dist_grid.ts";
import { measureDist } from "./lopa_dist_measure.ts";
import type { TimedModel, TimedModels } from "./lopa_dist_models.ts";
import { measureScaling, type ScalingResult } from "./lopa_dist_scaling.ts";
import { measureSweep, type SweepResult } from "./lopa_dist_sweep.ts";
import { distTables } from "./lopa_dist_tables.ts";
import { PROMPT_SEED, toyPrompts } from "./toy_prompts.ts";

/** What a cell gives. */
export type LopaDistResult = ScalingResult | SweepResult;

/** A finished cell. */
export type LopaDistCell = CellResult<LopaDistParameters, LopaDistResult>;

/** The experiment; `tasks` are closed with it. */
export function lopaDist(
  models: TimedModels,
  tasks: readonly Task[],
  { cores = navigator.hardwareConcurrency }: { readonly cores?: number } = {},
): Experiment<LopaDistParameters, LopaDistResult> {
  const graded = tasks.filter(({ name }) => !name.endsWith("-free"));

  function taskNamed(name: string | null): Task | undefined {
    return graded.find((task) => task.name === name);
  }

  /** Digest of all models of a cell and of their tokenizers. */
  async function digests(names: readonly TimedModel[]): Promise<string> {
    const facts = [];
    for (const name of new Set(names)) facts.push(await models.facts(name));
    return sha256(canonicalJson(facts));
  }

  async function plan(mode: Mode): Promise<CellPlan<LopaDistParameters>[]> {
    const grid = lopaDistGrid({
      ...{ mode, cores, present: await models.present() },
      tasks: graded.map(({ name, maxNewTokens }) => ({
        task: name,
        maxNewTokens,
      })),
    });
    const plans: CellPlan<LopaDistParameters>[] = [];
    for (const parameters of grid) {
      const { model, kind, task } = parameters;
      const scaling = kind === "scaling";
      plans.push({
        parameters,
        label: scaling
          ? `${model} ${parameters.visibility} lopa-${parameters.lookaheads}, ${parameters.layouts.length} layouts in turns`
          : `${model} ${task}, ${parameters.entries.length} settings in turns`,
        model: await digests(
          scaling ? [model] : parameters.entries.map(({ model }) => model),
        ),
        task: taskNamed(task)?.digest ?? null,
        precision: model === "dream-tiny" ? "f32" : "bf16",
        seconds: cellSeconds(parameters),
      });
    }
    return plans;
  }

  async function run(
    { parameters }: CellPlan<LopaDistParameters>,
    { signal, report }: CellContext,
  ): Promise<LopaDistResult> {
    const task = taskNamed(parameters.task) ?? null;
    const problem = (index: number) => task!.problem("test", index);
    if (parameters.kind === "scaling") {
      const opened = await models.open(parameters.model);
      try {
        const given = { opened, problem, signal, report };
        return await measureScaling(parameters, given);
      } finally {
        opened.close();
      }
    }
    const toy = parameters.task === TOY ? toyPrompts(parameters.problems) : [];
    return await measureSweep(parameters, {
      ...{ task, signal, report },
      problem: task === null ? (index) => ({ prompt: toy[index]! }) : problem,
      open: (model) => models.open(model),
    });
  }

  return {
    id: "lopa-dist",
    title: "LoPA-Dist measured: branch parallelism on this machine",
    version: 2,
    reproduces: [
      "LoPA Table 3",
      "LoPA Table 4",
      "LoPA Table 6",
      "LoPA Table 7",
      "LoPA Fig. 1",
    ],
    timing: true,
    seeds: [PROMPT_SEED],
    claims: distClaims(TRAINED_MODELS).map(({ id }) => id),
    plan,
    run,
    measure: measureDist,
    tables: distTables,
    figures: (cells) => Promise.resolve(distFigures(cells)),
    async close() {
      for (const task of tasks) await task.close();
    },
  };
}
