/**
 * Model cards.
 *
 * @module
 */
import { expectedTensors } from "../../model/tensor_names.ts";
import type { ModelConfig } from "../../model/config.ts";
import { formatSeconds } from "../progress.ts";
import type { Evaluation } from "./evaluation.ts";
import { makesSentence } from "./makes_text.ts";
import { mixText } from "./mix_text.ts";
import type { RecipeSetup } from "./setup.ts";
import type { LogRow } from "./train_log.ts";
import type { Recipe, RecipeObjective } from "./types.ts";

/** What a card tells beside the recipe. */
export interface CardFacts {
  /** Stages that are complete. */
  readonly stages: number;
  /** Steps of the stage after them. */
  readonly steps: number;
  /** The thinned curves. */
  readonly log: readonly LogRow[];
  /** Digest of the checkpoint. */
  readonly digest: string;
  readonly evaluation: Evaluation | null;
}

/** Number of weights. */
export function parameterCount(config: ModelConfig): number {
  return [...expectedTensors(config).values()].reduce(
    (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
}

/** The text of a model's `README.md`. */
export function modelCard(setup: RecipeSetup, facts: CardFacts): string {
  const { recipe, config, world, baseDigest, identities } = setup;
  const { shape, optimiser } = recipe;
  const millions = (parameterCount(config) / 1e6).toFixed(2);
  const complete = facts.stages === recipe.stages.length;
  const tasks = [
    ...new Set(recipe.stages.flatMap(({ mix }) => Object.keys(mix))),
  ];
  return `---
license: mit
tags: [masked-diffusion, parallel-decoding, synthetic]
---

# ${recipe.name}

${
    makesSentence(recipe.makes)
  }. Made by \`deno task train ${recipe.name}\` and nothing else${
    complete ? "" : `; **not trained to its end**, see below`
  }.

| | |
| --- | --- |
| Architecture | \`${recipe.family}\`: ${shape.layers} layers, width ${shape.hiddenSize}, ${shape.heads} heads, SwiGLU ${shape.mlpSize}, vocabulary ${config.vocabSize}; ${millions} M parameters in bfloat16 |
| Begins with | ${
    recipe.base === null
      ? `random weights of seed ${recipe.seed}`
      : `\`${recipe.base}\`, checkpoint ${baseDigest!.slice(0, 16)}`
  } |
| Objective | ${objectiveText(recipe)} |
| Optimiser | AdamW (${optimiser.beta1}, ${optimiser.beta2}), decay ${optimiser.decay} but on norms, biases and embeddings, clip ${optimiser.clip}; ${
    recipe.average === null
      ? "the last weights are kept"
      : `the moving average of the weights (${recipe.average}) is kept`
  } |
| Recipe digest | ${identities.at(-1)!.digest.slice(0, 16)} |
| Checkpoint digest | ${facts.digest.slice(0, 16)} |

## Data

Problems are drawn by the generators of the kit from the training split, none twice in a stage; development and test splits
share no problem with it.

| Task | Digest |
| --- | --- |
${
    tasks.map((task) =>
      `| \`${task}\` | ${world.tasks.get(task)!.digest.slice(0, 16)} |\n`
    ).join("")
  }
## Training

${trainingTable(setup, facts)}
The curves are in \`train_log.csv\`: losses are means over the steps since the row before.

## Evaluation

${evaluationTable(facts.evaluation)}`;
}

/** The recipe's objective, and of which stages it is another. */
function objectiveText({ objective, stages }: Recipe): string {
  const text = ({ kind, options }: RecipeObjective) =>
    `\`${kind}\`: \`${JSON.stringify(options)}\``;
  const others = stages.flatMap((stage, i) =>
    stage.objective === undefined
      ? []
      : [`; stage ${i + 1} ${text(stage.objective)}`]
  );
  return text(objective) + others.join("");
}

function trainingTable(
  { recipe }: RecipeSetup,
  { stages, steps, log }: CardFacts,
): string {
  const rows = recipe.stages.map((stage, i) => {
    const points = log.filter((row) => row.stage === String(i + 1));
    const first = points[0], last = points.at(-1);
    const done = i < stages ? stage.steps : i === stages ? steps : 0;
    const dev = Object.entries(last ?? {}).filter(([key]) =>
      key.startsWith("dev ")
    ).map(([key, loss]) => `${key.slice(4)} ${loss}`);
    return [
      i + 1,
      done === stage.steps ? stage.steps : `${done} of ${stage.steps}`,
      stage.problems,
      mixText(stage.mix),
      stage.seed,
      stage.rate.peak,
      last ? `${(Number(last.tokens) / 1e6).toFixed(2)} M` : "",
      last ? formatSeconds(Number(last.seconds)) : "",
      first && last ? `${first.loss} to ${last.loss}` : "",
      dev.join(", "),
    ];
  });
  const header = [
    "Stage",
    "Steps",
    "Problems a step",
    "Mix",
    "Seed",
    "Peak rate",
    "Tokens",
    "Time",
    "Loss",
    "Development loss",
  ];
  return [header, header.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** The table of an evaluation, or the line that there is none. */
export function evaluationTable(evaluation: Evaluation | null): string {
  if (evaluation === null) {
    return "Not evaluated: there is no `evaluation.json` of this checkpoint.\n";
  }
  const percent = (share: number) => (100 * share).toFixed(1);
  return "| Task (test) | Decoder | Problems | Solved, % | 95% interval |\n| --- | --- | --- | --- | --- |\n" +
    evaluation.rows.map(({ task, decoder, n, score, low, high }) =>
      `| \`${task}\` | ${decoder} | ${n} | ${percent(score)} | ${
        percent(low)
      } to ${percent(high)} |\n`
    ).join("");
}
