/**
 * Claims: what the papers say, as data that a measurement can be held against.
 *
 * @module
 */
import type { PaperId } from "../paper.ts";

/**
 * How a claim is judged.
 * - `exact`: each measured number is the claimed one within an absolute tolerance;
 * - `relative`: within a share of the claimed number;
 * - `ordering`: the measured numbers stand in falling order, each at least as large as the next less the tolerance;
 * - `ratio`: the first measured number over the second is the claimed one within a relative tolerance;
 * - `trend`: the measured series has the claimed shape;
 * - `not-below`: the interval of a measured difference reaches 0 and shows that no more than the tolerance is lost. One that
 *   reaches 0 and shows less than that decides nothing.
 */
export type ClaimKind =
  | "exact"
  | "relative"
  | "ordering"
  | "ratio"
  | "trend"
  | "not-below";

/** Shapes of a series. */
export type TrendShape =
  /** No value below an earlier one by more than the tolerance, and the last above the first. */
  | "rising"
  /** No value above an earlier one by more than the tolerance, and the last below the first. */
  | "falling"
  /** Rising over the whole, while the second half gains less than the first. */
  | "saturating";

/** One number of a claim. */
export interface ClaimValue {
  /** What the number is, e.g. `tpf`. */
  readonly name: string;
  /** As printed or read off. */
  readonly value: number;
  /** Largest deviation that still counts as equal: absolute, or a share for `relative` and `ratio`. */
  readonly tolerance: number;
  /** Empty for a pure number. */
  readonly unit: string;
}

/** Why a claim has not been put to the test. */
export interface Obstacle {
  /** `settings`: the row states settings and has no result of its own. */
  readonly needs: "weights" | "hardware" | "later work" | "settings";
  /** In a sentence. */
  readonly reason: string;
}

/** A claim. */
export interface Claim {
  /** Stable, made of lower-case letters, digits and hyphens. */
  readonly id: string;
  /**
   * `paper`: the papers' own numbers; `tiny`: the same statement as a trend on the tiny golden models; `mini`: as a statement
   * about the models trained here, on tasks with right answers; `projection`: the papers' numbers about their own systems, held
   * against a cost model's projection, not a measurement.
   */
  readonly scope: "paper" | "tiny" | "mini" | "projection";
  /** Which paper. */
  readonly paper: PaperId;
  /** E.g. `Table 1`, `Fig. 5`. */
  readonly item: string;
  /** What is claimed, in a sentence. */
  readonly statement: string;
  /** How it is judged. */
  readonly kind: ClaimKind;
  /** The claimed numbers: those judged for `exact`, `relative` and `ratio`, the ends of the curve for a paper's `trend`. */
  readonly values: readonly ClaimValue[];
  /** Shape of a trend. */
  readonly shape?: TrendShape;
  /**
   * Share by which a trend may dip or an ordering be reversed; default 0. For `not-below` the largest loss that may be left open,
   * in the measurement's unit.
   */
  readonly tolerance?: number;
  /** File under `data/paper` and the first and last of its data rows, from 1, where the numbers stand. */
  readonly source?: {
    readonly file: string;
    readonly rows: readonly [number, number];
  };
  /** Present as long as nothing in the kit can test it. */
  readonly missing?: Obstacle;
}

/** Numbers that an experiment measured for a claim. */
export interface Measurement {
  /** Id of the claim. */
  readonly claim: string;
  /** Measured numbers in the order of the claim. */
  readonly values: readonly number[];
  /** What each number is, e.g. `0 lookaheads`. */
  readonly labels: readonly string[];
  /** Ends of the 95% intervals of the numbers: a trend counts a dip only where they cannot explain it, `not-below` needs them. */
  readonly lower?: readonly number[];
  /** The upper ends. */
  readonly upper?: readonly number[];
  /** Of all the numbers; empty for pure ones. */
  readonly unit: string;
  /** How it was measured: models, prompts, definition. */
  readonly note: string;
}

/** What came of a claim. `undecided`: measured, but on too few problems. */
export type Verdict = "reproduced" | "differs" | "undecided" | "not attempted";

/** A claim with its verdict. */
export interface JudgedClaim {
  /** What was judged. */
  readonly claim: Claim;
  /** What came of it. */
  readonly verdict: Verdict;
  /** Why, in a sentence: the deciding numbers, or what is missing. */
  readonly reason: string;
  /** What decided it. */
  readonly measurement?: Measurement;
  /** Experiment that measured it. */
  readonly experiment?: string;
}
