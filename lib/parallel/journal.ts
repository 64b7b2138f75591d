/**
 * What it takes to bring a fresh cache to where a session's caches are: the forwards that staged what was committed, and the
 * commits. After a failure the remaining ranks start from it; a run that is resumed with fewer ranks does the same.
 *
 * Only the winner's branch of a committing forward is kept, without predictions. A branch never sees another, so that computing it
 * alone gives the same rows, bit for bit.
 *
 * @module
 */
import type {
  BranchWindow,
  CacheOperation,
  ForwardRequest,
} from "../model/types.ts";

/** One step: a forward, then the cache operations that follow it. */
export interface JournalEntry {
  /** The forward whose rows the operations commit, or `null` where they commit none. */
  readonly staging: ForwardRequest | null;
  /** Branches are counted in `staging`. */
  readonly operations: readonly CacheOperation[];
}

/** Steps since the last reset. */
export type Journal = readonly JournalEntry[];

/** The journal after a request's cache operations; `last` is the request before it. */
export function extendJournal(
  journal: Journal,
  operations: readonly CacheOperation[],
  last: ForwardRequest | null,
): Journal {
  if (operations.length === 0) return journal;
  const reset = operations.findLastIndex(({ kind }) => kind === "reset");
  const kept = operations.slice(Math.max(reset, 0));
  const committed = kept.flatMap((operation) =>
    operation.kind === "commit" ? [operation.branch] : []
  );
  const branches = [...new Set(committed)].sort((a, b) => a - b);
  const entry: JournalEntry = {
    staging: last === null || branches.length === 0 ? null : {
      ...last,
      cache: [],
      branches: branches.map((branch) => unasked(last.branches[branch]!)),
    },
    operations: kept.map((operation) =>
      operation.kind === "commit"
        ? { ...operation, branch: branches.indexOf(operation.branch) }
        : operation
    ),
  };
  return reset >= 0 ? [entry] : [...journal, entry];
}

/**
 * A journal as forwards to run one after another on a fresh session, and the operations that remain to be applied after the last
 * of them.
 */
export function replayOf(
  journal: Journal,
): {
  readonly forwards: readonly ForwardRequest[];
  readonly rest: readonly CacheOperation[];
} {
  const forwards: ForwardRequest[] = [];
  let rest: readonly CacheOperation[] = [];
  for (const { staging, operations } of journal) {
    if (staging === null) {
      rest = [...rest, ...operations];
    } else {
      forwards.push({ ...staging, cache: rest });
      rest = operations;
    }
  }
  return { forwards, rest };
}

/** The branch without predictions. */
function unasked({ start, tokens }: BranchWindow): BranchWindow {
  return {
    start,
    tokens,
    predict: new Int32Array(0),
    uniforms: new Float64Array(0),
  };
}
