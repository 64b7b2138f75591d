/**
 * The rounds by which meshes are timed: eight sequences (the anchor and seven lookaheads) of a seeded model of 192 x 6 behind a
 * cached prefix.
 *
 * @module
 */
import { randomSource, SHAPES } from "../model/random_model.ts";
import { loadRound, openLoad, type RoundLoad } from "../model/round_load.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type {
  DiffusionModel,
  ForwardRequest,
  ModelSession,
} from "../model/types.ts";

const LOAD: RoundLoad = {
  prefix: 64,
  window: 64,
  predictions: 32,
  sequences: 8,
};

/** Rows that a staging round leaves to be committed. */
const COMMITTED = 32;

/** What distinguishes the kinds of rounds. */
const KINDS = {
  plain: {},
  staging: { commitRows: COMMITTED },
  committing: {
    cache: [{ kind: "commit", branch: 5, rows: COMMITTED, boundary: false }],
  },
} as const;

/** The model: seeded weights. */
export function roundSource(): TensorSource {
  return randomSource(SHAPES.small, { sharpness: 3 });
}

/** A round without a commit, one that stages rows, and the one after it, which commits them; half of each window is predicted. */
export function roundRequest(kind: keyof typeof KINDS): ForwardRequest {
  return loadRound(LOAD, KINDS[kind]);
}

/** A session whose cache holds the prefix. */
export function openRounds(model: DiffusionModel): Promise<ModelSession> {
  return openLoad(model, LOAD);
}
