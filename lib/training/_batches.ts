/** Random batches and networks for the tests of the trainer. */
import { randomFloats } from "../engine/_random.ts";
import type { ModelConfig } from "../model/config.ts";
import { expectedTensors } from "../model/tensor_names.ts";
import { readTensor, type TensorSource } from "../model/tensor_source.ts";
import type { ReferenceNetwork } from "./reference_network.ts";
import type { LossRow, StepRates, TrainingBatch } from "./types.ts";

/** Rates that every test may use. */
export const RATES: StepRates = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clip: 0,
};

/** What a random batch contains. */
export interface BatchKind {
  readonly lengths: readonly number[];
  /** Default: rows see everything. `random`: anything from one position on. */
  readonly limits?: "full" | "causal" | "random";
  /** Puts rows at random positions instead of their own. */
  readonly scattered?: boolean;
  /** Gives half of the rows a soft weight. */
  readonly divergence?: "forward" | "reverse";
  /** Gives most rows one of two certainty groups. */
  readonly certainty?: boolean;
}

/** A batch of random tokens in which about half of the rows carry a loss, one of them twice. */
export function randomBatch(
  config: ModelConfig,
  kind: BatchKind,
  seed: number,
): TrainingBatch {
  const { lengths, limits = "full", divergence, certainty = false, scattered } =
    kind;
  const numbers = randomFloats(5000, seed);
  let at = 0;
  const below = (count: number) =>
    Math.floor((numbers[at++]! + 1) / 2 * count) % count;
  const visible = (length: number) =>
    Int32Array.from(
      { length },
      (_, row) =>
        limits === "full"
          ? length
          : limits === "causal"
          ? row + 1
          : 1 + below(length),
    );
  const sequences = lengths.map((length) => ({
    tokens: Int32Array.from({ length }, () => below(config.vocabSize)),
    ...(scattered
      ? { positions: Int32Array.from({ length }, () => below(length)) }
      : {}),
    limits: visible(length),
  }));
  const rows = sequences.flatMap(({ tokens }, sequence): LossRow[] =>
    [...tokens.keys()].filter((row) => row === 0 || below(2) === 0).map((
      row,
    ) => ({
      sequence,
      row,
      target: below(config.vocabSize),
      hard: (1 + below(8)) / 16,
      ...(divergence && below(2) === 0 ? { soft: (1 + below(8)) / 16 } : {}),
      ...(certainty && below(4) > 0 ? { group: below(2) } : {}),
    }))
  );
  rows.push({ ...rows[0]!, target: 3, hard: 0.25 });
  return {
    sequences,
    rows,
    ...(divergence
      ? { divergence, teacherLimits: lengths.map((n) => visible(n)) }
      : {}),
    ...(certainty
      ? { certainty: { temperature: 0.5, weights: [0.75, 0.5] } }
      : {}),
  };
}

/** The batch with its right answers in place of random ones where the loss has a certainty term, so that some rows are correct. */
export function withTargets(
  batch: TrainingBatch,
  likeliest: (row: number) => number,
): TrainingBatch {
  const rows = batch.rows.map((row, r) =>
    r % 3 === 0 ? row : { ...row, target: likeliest(r) }
  );
  return { ...batch, rows };
}

/** All tensors of a source in f64. */
export function plainNetwork(source: TensorSource): {
  readonly config: ModelConfig;
  readonly tensors: Map<string, Float64Array>;
} & ReferenceNetwork {
  const { config } = source;
  const names = [...expectedTensors(config).keys()];
  return {
    config,
    tensors: new Map(
      names.map((name) => [name, Float64Array.from(readTensor(source, name))]),
    ),
  };
}
