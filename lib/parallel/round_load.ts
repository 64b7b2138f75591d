/**
 * The rounds by which meshes are timed: eight sequences (the anchor and seven lookaheads) of a seeded model of 192 x 6 behind a
 * cached prefix.
 *
 * @module
 */
import { randomSource, SHAPES } from "../model/random_model.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type {
  DiffusionModel,
  ForwardRequest,
  ModelSession,
} from "../model/types.ts";

const PREFIX = 64, WINDOW = 64, SEQUENCES = 8;

/** Rows that a staging round leaves to be committed. */
const COMMITTED = 32;

/** The model: seeded weights. */
export function roundSource(): TensorSource {
  return randomSource(SHAPES.small, { sharpness: 3 });
}

/** A round without a commit, one that stages rows, and the one after it, which commits them; half of each window is predicted. */
export function roundRequest(
  kind: "plain" | "staging" | "committing",
): ForwardRequest {
  const commitRows = kind === "staging" ? COMMITTED : 0;
  return {
    cache: kind === "committing"
      ? [{ kind: "commit", branch: 5, rows: COMMITTED, boundary: false }]
      : [],
    cached: [{ start: 0, end: PREFIX }],
    branches: Array.from({ length: SEQUENCES }, (_, sequence) => ({
      start: PREFIX,
      tokens: Int32Array.from(
        { length: WINDOW },
        (_, i) => (i < commitRows ? i : i + 7 * sequence) % 500,
      ),
      predict: Int32Array.from(
        { length: WINDOW / 2 },
        (_, i) => PREFIX + WINDOW / 2 + i,
      ),
    })),
    commitRows,
    visibility: { kind: "full" },
    sampling: {
      temperature: 0,
      topP: null,
      topK: null,
      confidenceFrom: "filtered",
      confidenceDtype: "f32",
      entropyEpsilon: 1e-10,
      barred: [],
    },
  };
}

/** A session whose cache holds the prefix. */
export async function openRounds(model: DiffusionModel): Promise<ModelSession> {
  const session = model.open({ maxPositions: PREFIX + WINDOW });
  const plain = roundRequest("plain");
  await session.forward({
    ...plain,
    cached: [],
    branches: [{
      start: 0,
      tokens: Int32Array.from({ length: PREFIX }, (_, i) => i % 500),
      predict: new Int32Array(0),
    }],
    commitRows: PREFIX,
  });
  await session.forward({
    ...plain,
    cache: [{ kind: "commit", branch: 0, rows: PREFIX, boundary: true }],
  });
  return session;
}
