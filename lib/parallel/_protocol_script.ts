/** Scripted decodes over an abstract replica: what is asked round by round, and what one device answers. Used by tests only. */
import { GREEDY } from "../model/greedy.ts";
import type {
  BranchWindow,
  CacheOperation,
  ForwardRequest,
} from "../model/types.ts";
import {
  type AbstractState,
  applyOperations,
  EMPTY,
  forward,
} from "./_abstract_replica.ts";

/** One round: how many branches, whether it stages a block, and what becomes of the round before. */
export interface ScriptRound {
  readonly branches: number;
  /** Whether the leading block is finished, to be committed by the next round. */
  readonly stages: boolean;
  /** Branch that wins, reduced to their number. */
  readonly winner: number;
  /** Commit the next branch first, then the winner's first row over it. */
  readonly splits?: boolean;
  /** Also forget the last block before this round. */
  readonly forgets?: boolean;
}

/** A round as one device runs it. */
export interface ScriptStep {
  readonly request: ForwardRequest;
  readonly predictions: readonly (readonly number[])[];
  /** The cache during the round. */
  readonly cache: Pick<AbstractState, "cache" | "boundary">;
}

const PROMPT = 2, BLOCK = 2;

/** Runs a script on one device. */
export function runScript(
  rounds: readonly ScriptRound[],
  kind: "full" | "block-causal",
): ScriptStep[] {
  const visibility = kind === "full"
    ? { kind }
    : { kind, promptLength: PROMPT, blockSize: BLOCK };
  const steps: ScriptStep[] = [];
  let state = EMPTY, cached = 0, last: ForwardRequest | null = null;
  let tokens = [1, 2];
  for (const [r, round] of rounds.entries()) {
    const cache: CacheOperation[] = r === 0 ? [{ kind: "reset" }] : [];
    const winner = last === null ? 0 : round.winner % last.branches.length;
    if (last !== null && last.commitRows > 0) {
      const rows = last.commitRows;
      const next = (winner + 1) % last.branches.length;
      cache.push({
        kind: "commit",
        branch: round.splits ? next : winner,
        rows,
        boundary: true,
      });
      if (round.splits) {
        const commit = { kind: "commit", branch: winner } as const;
        cache.push({ ...commit, rows: 1, boundary: false });
      }
      cached += rows;
    }
    if (round.forgets && cached > PROMPT) {
      cached -= BLOCK;
      cache.push({ kind: "truncate", length: cached });
    }
    tokens = tokens.slice(0, Math.max(cached, PROMPT));
    const windowAt = (branch: number): BranchWindow => {
      const start = cached;
      const length = start === 0 ? PROMPT : 2 * BLOCK;
      return {
        start,
        tokens: Int32Array.from({ length }, (_, i) => {
          if (start === 0) return tokens[i]!;
          return i < BLOCK ? nextToken(steps, i) : branch + 10 * i;
        }),
        // under a truncation no boundary row is kept
        predict: Int32Array.from(
          { length: length - 1 },
          (_, i) => start + 1 + i,
        ),
      };
    };
    const request: ForwardRequest = {
      cache,
      cached: cached === 0 ? [] : [{ start: 0, end: cached }],
      branches: Array.from(
        { length: cached === 0 ? 1 : round.branches },
        (_, branch) => windowAt(branch),
      ),
      commitRows: cached === 0 ? PROMPT : round.stages ? BLOCK : 0,
      visibility,
      sampling: GREEDY,
    };
    const asked = askBoundary(request, round.forgets ?? false);
    state = applyOperations(state, cache);
    const { cache: held, boundary } = state;
    const answer = forward(state, asked);
    state = answer.state;
    steps.push({
      request: asked,
      predictions: answer.predictions,
      cache: { cache: held, boundary },
    });
    last = asked;
  }
  return steps;
}

/** Every branch also predicts its first position, from the boundary row, where one is kept. */
function askBoundary(
  request: ForwardRequest,
  forgotten: boolean,
): ForwardRequest {
  if (request.branches[0]!.start === 0 || forgotten) return request;
  return {
    ...request,
    branches: request.branches.map((branch) => ({
      ...branch,
      predict: Int32Array.of(branch.start, ...branch.predict),
    })),
  };
}

/** Tokens come from what was predicted, so that a wrong prediction would lead elsewhere. */
function nextToken(steps: readonly ScriptStep[], i: number): number {
  const first = steps.at(-1)!.predictions[0]!;
  return Math.abs(first[i % first.length]!) % 97;
}
