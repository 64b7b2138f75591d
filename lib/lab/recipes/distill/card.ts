/**
 * Cards of adapters.
 *
 * @module
 */
import type { CertaintyForcingOptions } from "../../../training/certainty_forcing.ts";
import type { TrajectorySet } from "../../../training/trajectories.ts";
import { evaluationTable } from "../card.ts";
import type { Evaluation } from "../evaluation.ts";
import { makesSentence } from "../makes_text.ts";
import type { DevPoint, Selection } from "./selection.ts";
import type { DistillSetup } from "./setup.ts";

/** What a card tells beside the recipe. */
export interface AdapterFacts {
  /** Steps done, and of the recipe. */
  readonly steps: number;
  readonly wanted: number;
  readonly set: TrajectorySet;
  /** SHA-256 of the trajectories. */
  readonly trajectories: string;
  /** `null`: the last adapter is kept. */
  readonly selection: Selection | null;
  /** Of the base and all adapters. */
  readonly points: readonly DevPoint[];
  /** Digest of base and adapter. */
  readonly digest: string;
  readonly evaluation: Evaluation | null;
}

/** The text of an adapter's `README.md`. */
export function adapterCard(setup: DistillSetup, facts: AdapterFacts): string {
  const { recipe, base, adapter, trained } = setup;
  const { optimiser } = recipe;
  const { set } = facts;
  const { trajectories: teacher } = recipe;
  const complete = facts.steps === facts.wanted;
  const kept = set.trajectories.length;
  return `---
license: mit
base_model: ${recipe.base}
library_name: peft
tags: [masked-diffusion, parallel-decoding, lora, synthetic]
---

# ${recipe.name}

${
    makesSentence(recipe.makes)
  }. A LoRA adapter in PEFT layout, made by \`deno task train ${recipe.name}\` and nothing else${
    complete ? "" : `; **not trained to its end**, see below`
  }.

| | |
| --- | --- |
| Adapts | \`${recipe.base}\`, checkpoint ${base.digest.slice(0, 16)} |
| Adapter | rank ${adapter.rank}, alpha ${adapter.alpha}, ${
    (trained / 1e6).toFixed(2)
  } M parameters in bfloat16 on \`${
    typeof adapter.targets === "string"
      ? adapter.targets
      : adapter.targets.join(", ")
  }\` |
| Objective | ${objectiveWords(recipe.objective)} |
| Optimiser | AdamW (${optimiser.beta1}, ${optimiser.beta2}), rate ${recipe.rate.peak} (${
    recipe.rate.decay ?? "constant"
  }), decay ${optimiser.decay}, clip ${optimiser.clip} |
| Steps | ${
    complete ? facts.wanted : `${facts.steps} of ${facts.wanted}`
  } of ${recipe.problems} trajectories, seed ${recipe.seed} |
| Digest of base and adapter | ${facts.digest.slice(0, 16)} |

## Trajectories

${kept} answers of \`${teacher.teacher}\` to training prompts (${
    Object.entries(teacher.mix).map(([task, share]) =>
      `${task} ${Math.round(100 * share)}%`
    ).join(", ")
  }), decoded by \`${teacher.decoder.name}\` ${
    JSON.stringify(teacher.decoder.options)
  }; of ${set.source.problems} asked, ${set.rejected.wrong} were wrong and ${set.rejected.endless} had no end. SHA-256 ${
    facts.trajectories.slice(0, 16)
  }.

## Selection

${selectionText(recipe, facts)}
## Evaluation

${evaluationTable(facts.evaluation)}`;
}

/** The objective in words. */
export function objectiveWords(
  {
    blockSize = 32,
    probability = 0.5005,
    consistency = 1,
    weight = 2,
    temperature = 0.5,
    attention,
  }: CertaintyForcingOptions,
): string {
  const masks = blockSize === null
    ? "masks over the whole answer"
    : `masks in one block of ${blockSize}, later blocks hidden`;
  return `certainty forcing: cross-entropy × ${consistency} + entropy × ${weight} at temperature ${temperature}; ${masks}, probability ${probability} and its complement${
    attention === undefined ? "" : `; ${attention.kind} attention`
  }`;
}

function selectionText(
  { selection: wanted }: DistillSetup["recipe"],
  { selection, points }: AdapterFacts,
): string {
  if (wanted === null || selection === null) return "The last adapter.\n";
  const at = (step: number) =>
    points.filter((point) => point.step === step).map(({ passes, right }) =>
      `${passes.toFixed(1)} passes, ${(100 * right).toFixed(1)}%`
    );
  const header = [
    "Steps",
    ...wanted.thresholds.map((threshold) => `threshold ${threshold}`),
    `right at ${selection.budget.toFixed(1)} passes`,
  ];
  const rows = [
    ["base", ...at(0), ""],
    ...selection.compared.map(({ step, right }) => [
      `${step}${step === selection.step ? " (kept)" : ""}`,
      ...at(step),
      right === null ? "never that fast" : `${(100 * right).toFixed(1)}%`,
    ]),
  ];
  const table = [header, header.map(() => "---"), ...rows].map((cells) =>
    `| ${cells.join(" | ")} |\n`
  ).join("");
  return `On ${wanted.problems} development problems each of ${
    wanted.tasks.join(" and ")
  }; passes until an answer is known, and answers that are right. Kept is the
adapter that is best at the base's passes divided by ${wanted.speedup}.

${table}`;
}
