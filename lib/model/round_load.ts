/**
 * The rounds by which forwards are timed: windows of several sequences behind a cached prefix.
 *
 * @module
 */
import { GREEDY } from "./greedy.ts";
import type { DiffusionModel, ForwardRequest, ModelSession } from "./types.ts";

/** Sizes of a round. */
export interface RoundLoad {
  /** Positions that are cached. */
  readonly prefix: number;
  /** Positions of each sequence's window. */
  readonly window: number;
  /** How many of its last ones are predicted. */
  readonly predictions: number;
  readonly sequences: number;
}

/** Tokens are below it: fewer than any model of the timings has. */
const VOCABULARY = 90;

/** A round. Sequences differ in their tokens, all but those that it leaves to be committed. */
export function loadRound(
  { prefix, window, predictions, sequences }: RoundLoad,
  { commitRows = 0, cache = [] }: Partial<
    Pick<ForwardRequest, "commitRows" | "cache">
  > = {},
): ForwardRequest {
  const end = prefix + window;
  return {
    cache,
    cached: [{ start: 0, end: prefix }],
    branches: Array.from({ length: sequences }, (_, sequence) => ({
      start: prefix,
      tokens: Int32Array.from(
        { length: window },
        (_, i) => (i < commitRows ? i : i + 7 * sequence) % VOCABULARY,
      ),
      predict: Int32Array.from(
        { length: predictions },
        (_, i) => end - predictions + i,
      ),
    })),
    commitRows,
    visibility: { kind: "full" },
    sampling: GREEDY,
  };
}

/** A session whose cache holds the prefix. */
export async function openLoad(
  model: DiffusionModel,
  load: RoundLoad,
): Promise<ModelSession> {
  const { prefix: rows, window } = load;
  const session = model.open({ maxPositions: rows + window });
  const one = loadRound({ ...load, sequences: 1 });
  const tokens = Int32Array.from({ length: rows }, (_, i) => i % VOCABULARY);
  await session.forward({
    ...one,
    cached: [],
    branches: [{ start: 0, tokens, predict: new Int32Array(0) }],
    commitRows: rows,
  });
  const commit = { kind: "commit", branch: 0, rows, boundary: true } as const;
  await session.forward({ ...one, cache: [commit] });
  return session;
}
