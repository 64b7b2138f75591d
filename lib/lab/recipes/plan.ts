/**
 * What training a recipe will take.
 *
 * @module
 */
import { forwardFlops } from "../../model/forward_cost.ts";
import { batchTokens, type StageWork } from "../../training/loop.ts";
import type { Trainer, TrainingBatch } from "../../training/types.ts";
import { formatSeconds } from "../progress.ts";
import { parameterCount } from "./card.ts";
import { mixText } from "./mix_text.ts";
import type { RecipeSetup } from "./setup.ts";

/** What one step was measured to take. */
export interface StepCost {
  readonly tokens: number;
  readonly flops: number;
  readonly seconds: number;
  /** Memory of the process after it. */
  readonly bytes: number;
}

/** Runs the first step of a stage twice, times the second, and puts the trainer back to where it was. */
export async function measureStep(
  trainer: Trainer,
  work: StageWork,
  setup: RecipeSetup,
): Promise<StepCost> {
  const before = trainer.saveState();
  const batches = work.batches(1);
  await trainer.step(batches, work.rates(1));
  const start = performance.now();
  await trainer.step(batches, work.rates(2));
  const seconds = (performance.now() - start) / 1000;
  trainer.loadState(before);
  return {
    tokens: batchTokens(batches),
    flops: stepFlops(batches, setup),
    seconds,
    bytes: Deno.memoryUsage().rss,
  };
}

/** A forward, twice as much backward, and another forward where a teacher looks on. */
function stepFlops(
  batches: readonly TrainingBatch[],
  { config, teacher }: RecipeSetup,
): number {
  const passes = teacher === null ? 3 : 4;
  return batches.reduce((sum, batch) => {
    const rows = batchTokens([batch]);
    const seen = batch.sequences.reduce(
      (total, { limits }) => limits.reduce((a, b) => a + b, total),
      0,
    );
    const predictions = batch.rows.length;
    return sum +
      passes * forwardFlops(config, { rows, predictions, keys: seen / rows });
  }, 0);
}

/** The plan as text: what will be done, in which stages, at which cost. */
export function planText(
  setup: RecipeSetup,
  { cost, from, until, threads }: {
    readonly cost: StepCost;
    /** Steps done, over all stages. */
    readonly from: number;
    /** Last step of this run, over all stages. */
    readonly until: number;
    readonly threads: number;
  },
): string {
  const { recipe, config } = setup;
  const lines = [
    `${recipe.name}: ${recipe.makes}`,
    `${
      (parameterCount(config) / 1e6).toFixed(2)
    } M parameters, vocabulary ${config.vocabSize}; ` +
    (recipe.base === null
      ? `random weights of seed ${recipe.seed}`
      : `begins with ${recipe.base}`),
  ];
  let first = 0;
  recipe.stages.forEach((stage, i) => {
    const { steps, problems, rate, mix, seed } = stage;
    lines.push(
      `  stage ${i + 1}: steps ${first + 1} to ${first + steps}, ` +
        `${problems} problems each (${mixText(mix)}), seed ${seed}, ` +
        `peak rate ${rate.peak}; about ${amounts(cost, steps)}`,
    );
    first += steps;
  });
  const left = Math.max(0, until - from);
  lines.push(
    left === 0
      ? `Nothing to train: step ${from} of ${first} is reached`
      : `Now: steps ${from + 1} to ${until}, about ${amounts(cost, left)}`,
    `Measured: ${cost.tokens} tokens in a step of ${
      formatSeconds(cost.seconds)
    } on ${threads} threads (${
      Math.round(cost.tokens / cost.seconds)
    } tokens/s, ${(cost.flops / cost.seconds / 1e9).toFixed(1)} GFLOP/s), ${
      Math.round(cost.bytes / 1e6)
    } MB of memory`,
  );
  return lines.join("\n") + "\n";
}

function amounts(cost: StepCost, steps: number): string {
  return `${(cost.tokens * steps / 1e6).toFixed(2)} M tokens, ${
    (cost.flops * steps / 1e15).toFixed(3)
  } PFLOP, ${formatSeconds(cost.seconds * steps)}`;
}
