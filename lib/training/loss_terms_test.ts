import { assertAlmostEquals, assertEquals } from "@std/assert";
import { lossTerms } from "./loss_terms.ts";
import type { BatchLoss, TrainingBatch } from "./types.ts";

Deno.test("lossTerms() by hand: two batches, soft weights, a certainty group of two correct rows and one without", () => {
  const row = { sequence: 0, row: 0, target: 1 };
  const batches: TrainingBatch[] = [
    {
      sequences: [],
      rows: [
        { ...row, hard: 0.5, soft: 0.25, group: 0 },
        { ...row, hard: 0.5, group: 0 },
        { ...row, hard: 0, soft: 1, group: 1 },
      ],
      certainty: { temperature: 0.5, weights: [2, 100] },
    },
    { sequences: [], rows: [{ ...row, hard: 2 }] },
  ];
  const losses: BatchLoss[] = [
    {
      loss: 0,
      hard: Float32Array.of(1, 3, 50),
      soft: Float32Array.of(4, 60, 2),
      entropy: Float32Array.of(0.5, 1.5, 9),
      correct: Uint8Array.of(1, 1, 0),
    },
    {
      loss: 0,
      hard: Float32Array.of(0.25),
      soft: Float32Array.of(0),
      entropy: Float32Array.of(0),
      correct: Uint8Array.of(1),
    },
  ];
  const { hard, soft, certainty, correct } = lossTerms(batches, losses);
  assertAlmostEquals(hard, 0.5 + 1.5 + 0.5, 1e-12);
  assertAlmostEquals(soft, 1 + 2, 1e-12);
  assertAlmostEquals(certainty, 2 * 1, 1e-12);
  assertEquals(correct, 3 / 4);
});
