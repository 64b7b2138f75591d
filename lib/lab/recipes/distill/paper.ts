/**
 * dParallel at the size of its paper: LLaDA-8B and Dream-7B, with the settings of the paper's Table 5 and with those of the shipped
 * code, which are not the same. Models and prompts are named on the command line.
 *
 * @module
 */
import type { CertaintyForcingOptions } from "../../../training/certainty_forcing.ts";
import type { RecipeOptimiser } from "../types.ts";
import type { DistillationRecipe, SelectionRecipe } from "./types.ts";

/** Name of the task that prompts from a file make. */
export const PROMPTS_TASK = "prompts";

/** Positions of an answer. */
export const PAPER_CANVAS = 256;

/** Positions per block when decoding. */
const BLOCK = 32;

/** Answers that the paper kept. */
const ANSWERS = 92_000;

/** The shipped targets: names of Qwen's modules, of which LLaDA has four; PEFT passes over the others without a word. */
const SHIPPED_TARGETS = [
  ...["q_proj", "k_proj", "v_proj", "o_proj"],
  ...["gate_proj", "up_proj", "down_proj"],
] as const;

const OPTIMISER: RecipeOptimiser = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  decay: 0.01,
  clip: 1,
};

const LLADA: CertaintyForcingOptions = {
  canvas: { length: { kind: "total", positions: 384 } },
  blockSize: BLOCK,
  weight: 2,
};

const DREAM: CertaintyForcingOptions = {
  canvas: { length: { kind: "region", positions: PAPER_CANVAS } },
  blockSize: null,
  weight: 2,
};

/** Overshoot is known of the shipped settings, so adapters are compared here too. */
function selection(family: "llada" | "dream"): SelectionRecipe {
  return {
    ...{ every: 1000, problems: 64, tasks: [PROMPTS_TASK] },
    decoder: { name: `dparallel-${family}`, options: { blockSize: BLOCK } },
    ...{ option: "entropyThreshold", thresholds: [0.3, 0.5, 0.7] },
    ...{ operating: 0.5, speedup: 2, lockstep: true },
  };
}

function recipe(
  family: "llada" | "dream",
  { name, makes, ...change }:
    & Pick<DistillationRecipe, "name" | "makes" | "adapter" | "epochs">
    & Partial<DistillationRecipe>,
): DistillationRecipe {
  const base = family === "llada"
    ? "LLaDA-8B-Instruct"
    : "Dream-v0-Instruct-7B";
  return {
    ...{ name, makes, base },
    trajectories: {
      name: `trajectories-${family}`,
      teacher: base,
      decoder: { name: "llada-vanilla", options: { blockSize: BLOCK } },
      ...{ first: 0, problems: ANSWERS, mix: { [PROMPTS_TASK]: 1 } },
      ...{ reject: true, passes: PAPER_CANVAS },
    },
    objective: family === "llada" ? LLADA : DREAM,
    optimiser: OPTIMISER,
    ...{ steps: null, problems: 64, positions: 384, seed: 42 },
    rate: family === "llada"
      ? { peak: 2e-5, warmupShare: 0 }
      : { peak: 2e-5, warmupShare: 0, decay: "cosine", hold: 0, floor: 0 },
    selection: selection(family),
    precision: "bf16",
    ...change,
  };
}

/** The recipes: `--model` names the model, `--prompts` the prompts. */
export const PAPER_DISTILLATIONS: readonly DistillationRecipe[] = [
  recipe("llada", {
    name: "dparallel-llada-8b",
    makes: "LLaDA-8B distilled with the paper's settings, on all projections",
    adapter: { rank: 32, alpha: 32, targets: "projections", seed: 1 },
    epochs: 6,
  }),
  recipe("llada", {
    name: "dparallel-llada-8b-shipped",
    makes:
      "LLaDA-8B distilled with the shipped code's settings: rank 128 on the four modules whose names match",
    adapter: { rank: 128, alpha: 128, targets: SHIPPED_TARGETS, seed: 1 },
    epochs: 6,
  }),
  recipe("dream", {
    name: "dparallel-dream-7b",
    makes: "Dream-7B distilled with the paper's settings",
    adapter: { rank: 16, alpha: 16, targets: "projections", seed: 1 },
    epochs: 3,
  }),
  recipe("dream", {
    name: "dparallel-dream-7b-shipped",
    makes:
      "Dream-7B distilled with the shipped code's settings: rank 32, beta 1, a warm-up",
    adapter: { rank: 32, alpha: 32, targets: SHIPPED_TARGETS, seed: 1 },
    epochs: 3,
    objective: { ...DREAM, weight: 1 },
    rate: {
      ...{ peak: 2e-5, warmupShare: 0.05, hold: 0, floor: 0 },
      decay: "cosine",
    },
  }),
];

/** Whether a recipe is of the paper's size, so that it needs a model and prompts. */
export function isPaperScale(name: string): boolean {
  return PAPER_DISTILLATIONS.some((recipe) => recipe.name === name);
}
