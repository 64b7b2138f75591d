/**
 * The recipes of the small models: one shape, two tasks, five ways of training, and one of them with other seeds.
 *
 * @module
 */
import type { CanvasOptions } from "../../training/canvas.ts";
import type { Recipe, RecipeOptimiser, RecipeShape, Stage } from "./types.ts";

const SHAPE: RecipeShape = {
  hiddenSize: 192,
  layers: 6,
  heads: 6,
  kvHeads: 6,
  mlpSize: 512,
  maxPositions: 512,
  tied: false,
};

const OPTIMISER: RecipeOptimiser = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  decay: 0.1,
  clip: 1,
};

/** Word problems are harder than code. */
const MIX = { "gsm-mini": 0.55, "code-mini": 0.35, "gsm-mini-free": 0.1 };

/** For a model that has learned them sooner than code. */
const MORE_CODE = { "gsm-mini": 0.4, "code-mini": 0.5, "gsm-mini-free": 0.1 };

/** Answers, their end, and a tail of random length: what is decoded is never told the answer's length. */
const CANVAS: CanvasOptions = {
  length: { kind: "tail", most: 32, block: 16 },
  fillWeight: 0.1,
};

/** Stages with a plateau of `peak`; the last falls linearly over its second half. */
function stages(
  seeds: readonly number[],
  { peak, steps, problems, mix = MIX }: {
    readonly peak: number;
    readonly steps: number;
    readonly problems: number;
    readonly mix?: Stage["mix"];
  },
): Stage[] {
  return seeds.map((seed, i) => ({
    steps,
    problems,
    positions: 4500,
    seed,
    rate: {
      peak,
      warmup: i === 0 ? 200 : 100,
      ...(i === seeds.length - 1
        ? { decay: "linear", hold: 0.5, floor: 0.05 } as const
        : {}),
    },
    mix,
  }));
}

/** The average forgets what a stage began with: 0.995 to the power of 1600 steps leaves 0.03% of it. */
const COMMON = {
  seed: 1,
  shape: SHAPE,
  optimiser: OPTIMISER,
  average: 0.995,
} as const;

/** Diffusion of answers: exact counts; some fully masked, some as block-wise decoders see them, some in complementary pairs. */
const DIFFUSION = {
  kind: "masked-diffusion",
  options: {
    canvas: CANVAS,
    full: 0.1,
    blocks: 0.5,
    whole: 0.05,
    pairs: 0.25,
  },
} as const;

/** What the causal twin learns, for a model that predicts tokens at their own positions. */
const LEFT_TO_RIGHT = {
  kind: "left-to-right",
  options: { canvas: { length: { kind: "answer" } } },
} as const;

const D2F = { kind: "d2f", options: { canvas: CANVAS } } as const;

/** Two stages of which each ends with a falling rate. */
function d2fStages(seeds: readonly [number, number]): Stage[] {
  return seeds.flatMap((seed) =>
    stages([seed], { peak: 2e-4, steps: 1500, problems: 48 })
  );
}

/**
 * A LLaDA from random weights: from left to right first, as Dream has its causal twin, and then masked at random. With random
 * masks alone, three stages at a peak rate of 1.5e-3 solved 49% of gsm-mini and 33% of code-mini: few masked tokens follow from
 * what is seen, so that it learned to copy and to calculate too slowly. Of 500 problems of gsm-mini and of code-mini it solved 92%
 * and 83% before the last stage, which therefore has more code.
 */
function llada(
  { seeds, ...named }: Pick<Recipe, "name" | "makes" | "seed"> & {
    /** Of its stages: the first, and those with random masks. The last three each end with a falling rate. */
    readonly seeds: readonly [number, number, number, number, number];
  },
): Recipe {
  const [first, second, third, fourth, last] = seeds;
  const masked = { peak: 1e-3, steps: 1600, problems: 48 };
  return {
    ...COMMON,
    ...named,
    family: "llada",
    base: null,
    objective: DIFFUSION,
    stages: [
      ...stages([first], { peak: 1.5e-3, steps: 1400, problems: 64 })
        .map((stage) => ({ ...stage, objective: LEFT_TO_RIGHT })),
      ...stages([second, third], masked),
      ...stages([fourth], masked),
      ...stages([last], { ...masked, mix: MORE_CODE }),
    ],
  };
}

/** The recipes, in an order in which every base comes before what begins with it. */
export const MINI_RECIPES: readonly Recipe[] = [
  {
    ...COMMON,
    name: "ar-mini",
    makes: "a causal language model, the autoregressive twin of the others",
    family: "qwen2",
    base: null,
    objective: {
      kind: "causal",
      options: {
        canvas: { length: { kind: "answer" } },
        promptWeight: 0.1,
      },
    },
    stages: stages([1], { peak: 1.5e-3, steps: 1400, problems: 64 }),
  },
  {
    ...COMMON,
    name: "dream-mini",
    makes:
      "a masked diffusion model with the logits shift, adapted from ar-mini as Dream was from Qwen2.5",
    family: "dream",
    base: "ar-mini",
    objective: DIFFUSION,
    stages: stages([11, 12], { peak: 1e-3, steps: 1600, problems: 48 }),
  },
  llada({
    name: "llada-mini",
    makes: "a masked diffusion model from scratch, without shift, as LLaDA",
    seed: 1,
    seeds: [21, 22, 23, 24, 25],
  }),
  {
    ...COMMON,
    name: "d2f-dream-mini",
    makes: "dream-mini made block-causal by discrete diffusion forcing",
    family: "dream",
    base: "dream-mini",
    objective: D2F,
    stages: d2fStages([31, 32]),
  },
  {
    ...COMMON,
    name: "d2f-llada-mini",
    makes: "llada-mini made block-causal by discrete diffusion forcing",
    family: "llada",
    base: "llada-mini",
    objective: D2F,
    stages: d2fStages([41, 42]),
  },
  llada({
    name: "llada-mini-2",
    makes:
      "another base of llada-mini's family: the same stages from other first weights, on other problems",
    seed: 2,
    seeds: [71, 72, 73, 74, 75],
  }),
];
