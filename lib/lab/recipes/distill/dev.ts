/**
 * Adapters on the development problems: how many passes an answer takes, and how many answers are right.
 *
 * @module
 */
import { settledForwards } from "../../../decoding/answer_progress.ts";
import { runDecode } from "../../../decoding/decode.ts";
import { decodeLockstep } from "../../../decoding/lockstep.ts";
import { createDecoder } from "../../../decoding/registry.ts";
import { deviation, sumValues } from "../../../metrics/mean_interval.ts";
import { mean } from "../../../metrics/quantile.ts";
import type { DiffusionModel } from "../../../model/types.ts";
import type { DevPoint } from "./selection.ts";
import type { SelectionRecipe } from "./types.ts";
import type { DistillWorld } from "./world.ts";

/** One problem and how it is decoded. */
interface Job {
  readonly task: string;
  readonly index: number;
  readonly prompt: Int32Array;
  readonly maxNewTokens: number;
}

interface Answered {
  readonly answer: Int32Array;
  readonly settledAt: number;
}

/**
 * Decodes the development problems at every threshold. Throws what decoding and grading throw.
 *
 * @param options `step`: what the points are to be known by.
 */
export async function devPoints(
  model: DiffusionModel,
  recipe: SelectionRecipe,
  { world, step, signal }: {
    readonly world: DistillWorld;
    readonly step: number;
    readonly signal?: AbortSignal;
  },
): Promise<DevPoint[]> {
  const jobs = recipe.tasks.flatMap((task) => {
    const { prompt, maxNewTokens } = world.tasks.get(task)!;
    return Array.from({ length: recipe.problems }, (_, index): Job => ({
      ...{ task, index, maxNewTokens, prompt: prompt("dev", index) },
    }));
  });
  const points: DevPoint[] = [];
  for (const threshold of recipe.thresholds) {
    const answers = await decodeAll(model, jobs, {
      ...{ recipe, threshold },
      ...(signal === undefined ? {} : { signal }),
    });
    const passes: number[] = [];
    let right = 0;
    for (const [i, { task, index }] of jobs.entries()) {
      const { answer, settledAt } = answers[i]!;
      passes.push(settledAt);
      const grader = world.tasks.get(task)!;
      right += Number(await grader.right("dev", index, answer));
    }
    points.push({
      ...{ step, threshold, problems: jobs.length, passes: mean(passes) },
      deviation: deviation(sumValues(passes)) ?? 0,
      right: right / jobs.length,
    });
  }
  return points;
}

async function decodeAll(
  model: DiffusionModel,
  jobs: readonly Job[],
  { recipe, threshold, signal }: {
    readonly recipe: SelectionRecipe;
    readonly threshold: number;
    readonly signal?: AbortSignal;
  },
): Promise<Answered[]> {
  const { name, options } = recipe.decoder;
  const decoderOf = ({ maxNewTokens }: Job) =>
    createDecoder({
      name,
      options: { ...options, maxNewTokens, [recipe.option]: threshold },
    });
  const stop = signal === undefined ? {} : { signal };
  if (recipe.lockstep) {
    const all = jobs.map((job) => ({ ...job, decoder: decoderOf(job) }));
    return await decodeLockstep(model, all, { settle: true, ...stop });
  }
  const answers: Answered[] = [];
  for (const job of jobs) {
    const { steps, result } = await runDecode(
      model,
      decoderOf(job),
      job.prompt,
      { ...stop, maxPositions: job.prompt.length + job.maxNewTokens },
    );
    const { eosId } = model.spec;
    const end = result.ids.indexOf(eosId);
    const promptLength = job.prompt.length;
    answers.push({
      answer: end < 0 ? result.ids : result.ids.slice(0, end + 1),
      settledAt: settledForwards(steps, { promptLength, eosId }),
    });
  }
  return answers;
}
