/**
 * Compares D2F and LoPA with the vectors that the reference implementation left on the toy model (spec section 14): every round's
 * branches, scores, winner, fills and lookaheads, and every forward's cache.
 *
 * @module
 */
import { runToyCase, type ToyConfig } from "./toy_cases.ts";
import { toyPrompt } from "./toy_model.ts";
import type { ToyRun } from "./toy_run.ts";

/** What a LoPA round is compared by. Positions are absolute; `gen` are the generated ids of a branch when it was evaluated. */
export interface ToyRound {
  readonly shared_prefix_end: number;
  readonly cache_len: number;
  readonly commit_len: number;
  readonly branches: readonly {
    readonly base: boolean;
    readonly gen: readonly number[];
  }[];
  readonly scores: readonly number[];
  readonly winner: number;
  /** Token by position. */
  readonly anchor_fill: Readonly<Record<string, number>>;
  /** Branches put forward beside the anchor: [position, token] beyond the winner, and its confidence. */
  readonly lookahead: readonly ToyLookahead[];
}

/** One branch put forward. */
export interface ToyLookahead {
  readonly diff: readonly (readonly number[])[];
  readonly conf: number;
}

/** A round as recorded. Without lookaheads the recording has neither fills nor branches put forward. */
export type RecordedToyRound =
  & Omit<ToyRound, "anchor_fill" | "lookahead">
  & Partial<Pick<ToyRound, "anchor_fill" | "lookahead">>;

/** One recorded case. */
export interface ToyVector {
  readonly cfg: ToyConfig;
  readonly prompt: readonly number[];
  readonly output: readonly number[];
  readonly steps: number;
  readonly tokens: number;
  readonly forwards: number;
  readonly rounds: readonly RecordedToyRound[];
  /** D2F: [cached, input length, committed] per forward. */
  readonly calls: readonly (readonly number[])[] | null;
}

/** The outcome of one case. */
export interface ToyCheck {
  readonly name: string;
  /** What differs, at most one line per round; empty when the case passes. */
  readonly differences: readonly string[];
}

/** Predictions come as f32, so scores agree to its precision. */
const SCORE_TOLERANCE = 1e-6;

/** Runs every case of the vectors' file. */
export async function checkToyVectors(
  vectors: Readonly<Record<string, ToyVector>>,
): Promise<ToyCheck[]> {
  const checks: ToyCheck[] = [];
  for (const [name, vector] of Object.entries(vectors)) {
    checks.push({
      name,
      differences: compareCase(vector, await runToyCase(vector.cfg)),
    });
  }
  return checks;
}

/** What differs between a vector and a run of its case. */
export function compareCase(vector: ToyVector, run: ToyRun): string[] {
  const { cfg } = vector;
  const { result, steps } = run;
  const differences = [
    ...differs("prompt", [
      ...toyPrompt({ seed: cfg.seed, promptLength: cfg.prompt_len }),
    ], vector.prompt),
    ...differs("output", [...result.ids], vector.output),
    ...differs("tokens", result.ids.length, vector.tokens),
    ...differs("steps", result.referenceSteps, vector.steps),
    ...differs("forwards", result.branchForwards, vector.forwards),
  ];
  if (vector.calls !== null) {
    const calls = steps.map((
      { cached, window, commitRows },
    ) => [cached, window.length, commitRows]);
    differences.push(...differs("forward calls", calls, vector.calls));
  }
  if (!cfg.lopa) return differences;
  const rounds = recordRounds(run, cfg.prompt_len);
  differences.push(...differs("rounds", rounds.length, vector.rounds.length));
  rounds.forEach((round, i) => {
    const wanted = vector.rounds[i];
    if (wanted !== undefined) {
      differences.push(
        ...compareRound(round, wanted).map((line) => `round ${i + 1}: ${line}`)
          .slice(0, 1),
      );
    }
  });
  return differences;
}

/** A run's rounds in the vectors' form. */
function recordRounds(
  { steps, requests }: ToyRun,
  promptLength: number,
): ToyRound[] {
  const canvas: number[] = [];
  return steps.map((step, i) => {
    const { branches } = requests[i]!;
    const { start } = step.window;
    const generated = branches.map(({ tokens }) =>
      [...canvas.slice(0, start), ...tokens].slice(promptLength)
    );
    canvas.splice(
      start,
      step.commitRows,
      ...branches[step.winner]!.tokens.subarray(0, step.commitRows),
    );
    return {
      shared_prefix_end: step.prefixEnd!,
      cache_len: step.cached,
      commit_len: step.commitRows,
      branches: step.branches.map(({ anchor }, b) => ({
        base: anchor,
        gen: generated[b]!,
      })),
      scores: step.branches.map(({ score }) => score!),
      winner: step.winner,
      anchor_fill: Object.fromEntries(
        step.fills.map(({ position, token }) => [position, token]),
      ),
      lookahead: step.spawned!.slice(0, -1).map((
        { position, token, confidence },
      ) => ({
        diff: position === null ? [] : [[position, token!]],
        conf: confidence,
      })),
    };
  });
}

/** What differs between two rounds. */
function compareRound(given: ToyRound, wanted: RecordedToyRound): string[] {
  const {
    anchor_fill: fills = given.anchor_fill,
    lookahead = given.lookahead,
  } = wanted;
  return [
    ...differs("prefix end", given.shared_prefix_end, wanted.shared_prefix_end),
    ...differs("cached", given.cache_len, wanted.cache_len),
    ...differs("committed", given.commit_len, wanted.commit_len),
    ...differs("branches", given.branches, wanted.branches),
    ...strays("scores", given.scores, wanted.scores),
    ...differs("winner", given.winner, wanted.winner),
    ...differs("fills", given.anchor_fill, fills),
    ...differs("lookaheads", diffs(given.lookahead), diffs(lookahead)),
    ...strays(
      "confidences",
      confidences(given.lookahead),
      confidences(lookahead),
    ),
  ];
}

const diffs = (branches: readonly ToyLookahead[]) =>
  branches.map(({ diff }) => diff);
const confidences = (branches: readonly ToyLookahead[]) =>
  branches.map(({ conf }) => conf);

/** A line if two JSON values are not the same. */
function differs(what: string, given: unknown, wanted: unknown): string[] {
  const [a, b] = [JSON.stringify(given), JSON.stringify(wanted)];
  return a === b ? [] : [`${what} ${a}, recorded ${b}`];
}

/** A line if two lists of numbers are not the same within the tolerance. */
function strays(
  what: string,
  given: readonly number[],
  wanted: readonly number[],
): string[] {
  const near = given.length === wanted.length &&
    given.every((x, i) => Math.abs(x - wanted[i]!) <= SCORE_TOLERANCE);
  return near
    ? []
    : [`${what} ${given.join(" ")}, recorded ${wanted.join(" ")}`];
}
