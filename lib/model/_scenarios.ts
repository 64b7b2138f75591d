/** Random sequences of valid requests, as a decoder with a cache and several branches makes them. Used by tests only. */
import fc from "fast-check";
import { GREEDY } from "./greedy.ts";
import type {
  BranchWindow,
  CacheOperation,
  ForwardRequest,
  ModelSpec,
  Visibility,
} from "./types.ts";

export { GREEDY };

/** One forward of a scenario, in numbers that any choice of is valid. */
interface Step {
  readonly lengths: readonly number[];
  readonly tokens: readonly number[];
  /** Which branch of the step before is committed, and how many rows this step stages. */
  readonly winner: number;
  readonly stage: number;
  /** Bits say which positions are predicted. */
  readonly predict: number;
  readonly behind: boolean;
}

/** A sequence of forwards under one visibility. */
export interface Scenario {
  readonly kind: Visibility["kind"];
  readonly promptLength: number;
  readonly blockSize: number;
  readonly steps: readonly Step[];
}

const step: fc.Arbitrary<Step> = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 9 }), {
    minLength: 1,
    maxLength: 4,
  }),
  tokens: fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }),
  winner: fc.nat(3),
  stage: fc.nat(9),
  predict: fc.nat(1023),
  behind: fc.boolean(),
});

/** Scenarios of one to five forwards with one to four branches each. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  kind: fc.constantFrom(
    "full" as const,
    "causal" as const,
    "block-causal" as const,
  ),
  promptLength: fc.nat(6),
  blockSize: fc.integer({ min: 1, max: 4 }),
  steps: fc.array(step, { minLength: 1, maxLength: 5 }),
});

/** Positions a session needs for any scenario. */
export const SCENARIO_POSITIONS = 64;

/** The requests of a scenario, valid for a fresh session of {@linkcode SCENARIO_POSITIONS} positions. */
export function requestsOf(
  scenario: Scenario,
  spec: Pick<ModelSpec, "vocabSize" | "shift">,
  options: Partial<ForwardRequest> = {},
): ForwardRequest[] {
  const { kind, promptLength, blockSize } = scenario;
  const visibility: Visibility = kind === "block-causal"
    ? { kind, promptLength, blockSize }
    : { kind };
  const requests: ForwardRequest[] = [];
  let start = 0;
  let written = 0;
  for (const step of scenario.steps) {
    const before = requests.at(-1);
    const cache: CacheOperation[] = [];
    if (before && before.commitRows > 0) {
      cache.push({
        kind: "commit",
        branch: step.winner % before.branches.length,
        rows: before.commitRows,
        boundary: true,
      });
      start += before.commitRows;
      written = Math.max(written, start);
    }
    const shortest = Math.min(...step.lengths);
    const stageable = Array.from({ length: shortest + 1 }, (_, rows) => rows)
      .filter((rows) =>
        kind !== "block-causal" || rows === 0 ||
        isBoundary(start + rows, { promptLength, blockSize })
      );
    const commitRows = stageable[step.stage % stageable.length]!;
    const branches = step.lengths.map((length, b): BranchWindow => {
      const shared = kind === "block-causal" ? commitRows : 0;
      const tokens = Int32Array.from(
        { length },
        (_, i) =>
          (step.tokens[i % 5]! + i * i + (i < shared ? 0 : 7 * b)) %
          spec.vocabSize,
      );
      const last = start + length - (spec.shift ? 0 : 1);
      const all = Array.from({ length: last - start + 1 }, (_, i) => start + i);
      return {
        start,
        tokens,
        predict: Int32Array.from(all.filter((_, i) => (step.predict >> i) & 1)),
      };
    });
    const prefix = start > 0 ? [{ start: 0, end: start }] : [];
    requests.push({
      cache,
      cached: prefix,
      branches,
      commitRows,
      visibility,
      sampling: GREEDY,
      ...options,
    });
  }
  return requests;
}

function isBoundary(
  position: number,
  { promptLength, blockSize }: { promptLength: number; blockSize: number },
): boolean {
  return position === promptLength ||
    (position > promptLength && (position - promptLength) % blockSize === 0);
}
