import { assert, assertLess } from "@std/assert";
import { library, nativeTest } from "../engine/_fixture.ts";
import { Device } from "../engine/mod.ts";
import { TEST_SHAPES } from "../model/_native.ts";
import { type NetworkShape, randomSource } from "../model/random_model.ts";
import {
  type BatchKind,
  plainNetwork,
  randomBatch,
  RATES,
  withTargets,
} from "./_batches.ts";
import { referenceLoss } from "./reference_loss.ts";
import { referenceLogits, type ReferenceNetwork } from "./reference_network.ts";
import { createTrainer } from "./trainer.ts";
import type { TrainingBatch } from "./types.ts";

const KINDS: readonly BatchKind[] = [
  { lengths: [7, 1, 12], limits: "random" },
  { lengths: [9, 5], limits: "causal", certainty: true },
  { lengths: [11, 6], divergence: "forward" },
  { lengths: [8, 3], limits: "random", scattered: true },
  {
    lengths: [4, 10],
    limits: "random",
    divergence: "reverse",
    certainty: true,
  },
];

/** Gives rows of a certainty group the token that the network likes best. */
function answered(
  network: ReferenceNetwork,
  batch: TrainingBatch,
): TrainingBatch {
  const { vocabSize } = network.config;
  const logits = batch.sequences.map((each) => referenceLogits(network, each));
  return withTargets(batch, (r) => {
    const { sequence, row } = batch.rows[r]!;
    const of = logits[sequence]!.subarray(
      row * vocabSize,
      (row + 1) * vocabSize,
    );
    return of.indexOf(Math.max(...of));
  });
}

/** Entries of a tensor to be checked: its steepest and some others. */
function probes(gradient: Float32Array): number[] {
  const steepest = gradient.reduce(
    (best, value, i) => Math.abs(value) > Math.abs(gradient[best]!) ? i : best,
    0,
  );
  const step = Math.max(1, Math.floor(gradient.length / 5));
  return [
    steepest,
    ...[...gradient.keys()].filter((i) => i % step === step >> 1),
  ];
}

/** The slope of `loss` along one entry, by a central difference in f64. */
function slope(values: Float64Array, i: number, loss: () => number): number {
  const h = 1e-5;
  const value = values[i]!;
  values[i] = value + h;
  const above = loss();
  values[i] = value - h;
  const below = loss();
  values[i] = value;
  return (above - below) / (2 * h);
}

TEST_SHAPES.forEach((shape: NetworkShape, s) => {
  KINDS.forEach((kind, k) => {
    const about = `${shape.family}, ${shape.heads}/${shape.kvHeads} heads${
      shape.tied ? ", tied" : ""
    }, ${JSON.stringify(kind)}`;
    nativeTest(`gradients are the slopes of the loss: ${about}`, async () => {
      const source = randomSource(shape, { seed: 10 + s, sharpness: 1.5 });
      const other = randomSource(shape, { seed: 50 + s, sharpness: 1.5 });
      const network = plainNetwork(source);
      const teacher = plainNetwork(other);
      const batch = answered(network, randomBatch(source.config, kind, 3 + k));
      using device = await Device.open({ library: library!, threads: 2 });
      using trainer = await createTrainer(device, {
        source,
        teacher: other,
        precision: "f32",
        padding: null,
      });
      const loss = () => referenceLoss(network, batch, teacher).loss;
      const wanted = referenceLoss(network, batch, teacher);
      const [report] = (await trainer.step([batch], RATES)).batches;
      assertLess(Math.abs(report!.loss - wanted.loss), 1e-5);
      wanted.hard.forEach((value, r) =>
        assertLess(Math.abs(value - report!.hard[r]!), 2e-5)
      );
      wanted.soft.forEach((value, r) =>
        assertLess(Math.abs(value - report!.soft[r]!), 2e-5)
      );
      if (kind.certainty) assert(report!.correct.includes(1));
      for (const [name, gradient] of trainer.gradients()) {
        const values = network.tensors.get(name)!;
        const largest = gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        for (const i of probes(gradient)) {
          const want = slope(values, i, loss);
          assertLess(
            Math.abs(gradient[i]! - want),
            1e-4 * largest + 1e-6,
            `${name}[${i}]: ${gradient[i]} for ${want}`,
          );
        }
      }
    });
  });
});
