/**
 * A session without numbers: every cached row, boundary row and prediction is a hash of all that it depends on, so that one wrong
 * row anywhere shows in everything after it. Used by tests only.
 */
import type {
  CacheOperation,
  ForwardRequest,
  PositionRange,
} from "../model/types.ts";
import { visibilityLimit } from "../model/visibility.ts";
import type { Exchange, RankOperation } from "./protocol.ts";

/** Rows that travel. */
export interface AbstractRows {
  readonly values: readonly number[];
  readonly boundary: number | null;
}

/** Contents of a replica; plain data. */
export interface AbstractState {
  /** Hash of the row at each cached position. */
  readonly cache: Readonly<Record<number, number>>;
  readonly boundary: number | null;
  /** Rows that the last forward staged, by branch. */
  readonly staged: readonly {
    readonly start: number;
    readonly values: readonly number[];
  }[];
}

/** Nothing cached. */
export const EMPTY: AbstractState = { cache: {}, boundary: null, staged: [] };

/** FNV-1a over numbers. */
export function hash(...parts: readonly (number | null)[]): number {
  let value = 0x811c9dc5;
  for (const part of parts) {
    value = Math.imul(value ^ (part ?? -1), 0x01000193);
    value ^= value >>> 15;
  }
  return value;
}

/** Reads staged rows. */
export function readStaged(
  { staged }: AbstractState,
  { branch, rows, boundary }: Pick<Exchange, "branch" | "rows" | "boundary">,
): AbstractRows {
  const values = staged[branch]?.values.slice(0, rows) ?? [];
  return { values, boundary: boundary ? finalState(values.at(-1)) : null };
}

/** The cache after operations; `received` gives the rows of exchanges. */
export function applyOperations(
  state: AbstractState,
  operations: readonly RankOperation[],
  received: (exchange: Exchange) => AbstractRows | undefined = () => undefined,
): AbstractState {
  return operations.reduce((before, operation) => {
    if (operation.kind !== "exchange") return applyOwn(before, operation);
    const { exchange } = operation;
    return write(before, exchange, received(exchange));
  }, state);
}

function applyOwn(
  state: AbstractState,
  operation: CacheOperation,
): AbstractState {
  if (operation.kind === "reset") {
    return { ...state, cache: {}, boundary: null };
  }
  if (operation.kind === "commit") {
    const start = state.staged[operation.branch]?.start ?? -1;
    const place = { start, boundary: operation.boundary };
    return write(state, place, readStaged(state, operation));
  }
  const { length } = operation;
  const cache = Object.fromEntries(
    Object.entries(state.cache).filter(([position]) =>
      Number(position) < length
    ),
  );
  return { ...state, cache };
}

function write(
  state: AbstractState,
  { start, boundary }: Pick<Exchange, "start" | "boundary">,
  rows: AbstractRows | undefined,
): AbstractState {
  const cache = { ...state.cache };
  rows?.values.forEach((value, i) => cache[start + i] = value);
  return {
    ...state,
    cache,
    boundary: boundary ? rows?.boundary ?? null : state.boundary,
  };
}

/** A forward: the state with its rows staged, and the predictions of every branch. */
export function forward(
  state: AbstractState,
  { branches, cached, commitRows, visibility }: ForwardRequest,
): {
  readonly state: AbstractState;
  readonly predictions: readonly (readonly number[])[];
} {
  const rows = branches.map(({ start, tokens }) => {
    const window = { start, end: start + tokens.length };
    return Array.from(tokens, (token, i) => {
      const limit = visibilityLimit(visibility, start + i);
      const visible = tokens.subarray(0, Math.max(0, limit - start));
      return hash(
        token,
        start + i,
        ...cachedValues(state, cached, window),
        ...visible,
      );
    });
  });
  return {
    state: {
      ...state,
      staged: rows.map((values, b) => ({
        start: branches[b]!.start,
        values: values.slice(0, commitRows),
      })),
    },
    predictions: branches.map(({ start, predict }, b) =>
      Array.from(predict, (position) => {
        const row = position - 1 - start;
        return row < 0 && start > 0
          ? hash(state.boundary)
          : hash(finalState(rows[b]![Math.max(row, 0)]));
      })
    ),
  };
}

function cachedValues(
  { cache }: AbstractState,
  ranges: readonly PositionRange[],
  window: PositionRange,
): (number | null)[] {
  return ranges.flatMap(({ start, end }) =>
    Array.from({ length: end - start }, (_, i) => start + i)
      .filter((at) => at < window.start || at >= window.end)
      .map((at) => cache[at] ?? null)
  );
}

/** What the final hidden state of a row stands for. */
function finalState(row: number | undefined): number {
  return hash(7, row ?? null);
}
