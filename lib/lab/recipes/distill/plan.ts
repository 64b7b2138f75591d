/**
 * What a distillation will take, from sizes alone: said before anything is loaded.
 *
 * @module
 */
import type { ModelConfig } from "../../../model/config.ts";
import { forwardFlops } from "../../../model/forward_cost.ts";
import { formatSeconds } from "../../progress.ts";
import { parameterCount } from "../card.ts";
import type { DistillationRecipe, TrajectoryRecipe } from "./types.ts";

/** Sizes that an estimate is made from. */
export interface DistillSizes {
  readonly config: ModelConfig;
  /** Numbers of the adapter. */
  readonly trained: number;
  /** Positions of a prompt, roughly. */
  readonly promptLength: number;
  /** Positions of an answer's canvas. */
  readonly canvas: number;
  /** Optimiser steps. */
  readonly steps: number;
  /** Bytes of a frozen matrix's number. */
  readonly bytes: 2 | 4;
}

/** An estimate. */
export interface DistillEstimate {
  /** Multiplications and additions of all trajectories. */
  readonly trajectoryFlops: number;
  /** Of the whole training. */
  readonly trainingFlops: number;
  /** Bytes of device memory: weights, then what is trained, then activations. */
  readonly weightBytes: number;
  readonly trainedBytes: number;
  readonly activationBytes: number;
}

/** Copies of an active block that carry a loss: its masks, and their complement. */
const COPIES = 2;

/** Forward and the gradient of activations; frozen weights have none of their own. */
const PASSES = 2;

/** Master, gradient, two moments in f32, and two packed copies in bfloat16. */
const TRAINED_BYTES = 4 * 4 + 2 * 2;

/** Estimates memory and arithmetic. */
export function estimateDistillation(
  recipe: DistillationRecipe,
  sizes: DistillSizes,
): DistillEstimate {
  const { config, trained, promptLength, canvas, steps, bytes } = sizes;
  const rows = promptLength + canvas;
  const sequences = COPIES * recipe.problems * steps;
  const active = recipe.objective.blockSize ?? canvas;
  const pass = forwardFlops(config, {
    rows,
    predictions: active / 2,
    keys: rows,
  });
  const { problems, passes } = recipe.trajectories;
  const answer = forwardFlops(config, {
    rows,
    predictions: active,
    keys: rows,
  });
  const positions = Math.max(recipe.positions, rows);
  return {
    trajectoryFlops: problems * passes * answer,
    trainingFlops: sequences * (PASSES * pass + 3 * 2 * trained * rows),
    // Packed for the forward and, but for the embedding, transposed for the backward.
    weightBytes: bytes *
      (2 * parameterCount(config) - config.vocabSize * config.hiddenSize),
    trainedBytes: TRAINED_BYTES * trained,
    activationBytes: 4 * positions * (config.layers * keptWidth(config) +
      2 * config.vocabSize * Math.min(1, active / rows)),
  };
}

/** Numbers that a layer keeps of a position for its backward, gradients included. */
function keptWidth(
  { hiddenSize, mlpSize, heads, kvHeads, headDim }: ModelConfig,
): number {
  return 6 * hiddenSize + 2 * headDim * (heads + 2 * kvHeads) + 5 * mlpSize;
}

/** The estimate as text, before anything is loaded. */
export function estimateText(
  recipe: DistillationRecipe,
  sizes: DistillSizes,
  { folder, made = false }: {
    readonly folder: string;
    /** Whether the trajectories are there already. */
    readonly made?: boolean;
  },
): string {
  const { config, trained, steps } = sizes;
  const found = estimateDistillation(recipe, sizes);
  const millions = (count: number) => `${(count / 1e6).toFixed(2)} M`;
  const flops = found.trainingFlops + (made ? 0 : found.trajectoryFlops);
  const memory = found.weightBytes + found.trainedBytes + found.activationBytes;
  return [
    `${recipe.name}: ${recipe.makes}`,
    `${folder}: ${config.family}, ${config.layers} layers, width ${config.hiddenSize}, ${
      millions(parameterCount(config))
    } parameters, of which none are changed; the adapter has ${
      millions(trained)
    } (rank ${recipe.adapter.rank})`,
    `Trajectories: ${trajectoryWords(recipe.trajectories)}, ${
      made ? "already made" : `about ${flopWords(found.trajectoryFlops)}`
    }`,
    `Training: ${steps} steps of ${recipe.problems} trajectories, two copies each, about ${
      flopWords(found.trainingFlops)
    }`,
    `Memory: about ${gib(memory)} (weights ${
      gib(found.weightBytes)
    }, adapter and its moments ${
      gib(found.trainedBytes)
    }, activations of ${recipe.positions} positions ${
      gib(found.activationBytes)
    })`,
    `At 100 GFLOP/s: ${formatSeconds(flops / 100e9)}; at 100 TFLOP/s: ${
      formatSeconds(flops / 100e12)
    }; looks at development problems come on top`,
    "",
  ].join("\n");
}

function trajectoryWords({ problems, teacher, passes }: TrajectoryRecipe) {
  return `${problems} answers of ${teacher}, about ${passes} passes each`;
}

function flopWords(flops: number): string {
  const units = ["", "k", "M", "G", "T", "P", "E"];
  const power = Math.min(6, Math.floor(Math.log10(Math.max(1, flops)) / 3));
  return `${(flops / 1000 ** power).toPrecision(3)} ${units[power]}FLOP`;
}

function gib(bytes: number): string {
  return bytes < 2 ** 30
    ? `${Math.ceil(bytes / 2 ** 20)} MiB`
    : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
