/**
 * Numbers of a paper's row as values of a claim, with tolerances, and as words.
 *
 * @module
 */
import type { PaperSource } from "../paper.ts";
import type { ClaimValue } from "./types.ts";

/** Columns that hold results, as they read in a sentence; other columns say what the result is of. */
const RESULTS: Readonly<Record<string, string>> = {
  tpf: "TPF",
  score: "score",
  accuracy: "accuracy",
  mean_tokens: "mean",
  steps: "steps",
  speedup: "speed-up",
  avg_tps: "average throughput",
  max_tps: "maximum throughput",
  top10_tps: "top-10 throughput",
  latency_s: "latency",
};

/** Questions per benchmark, for the 95% half-width of a score. */
const QUESTIONS: readonly [RegExp, number][] = [
  [/^GSM8K/, 1319],
  [/^MATH/, 5000],
  [/^HumanEval/, 164],
  [/^MBPP\+/, 378],
  [/^MBPP/, 500],
];

/** Share by which two measurements of speed or of steps may differ. */
const SPEED_SHARE = 0.05;

/** A row of any item. */
export type AnyRow = Readonly<Record<string, string | number | boolean | null>>;

/** 95% binomial half-width of a score in percent, as a share of it; GSM8K where the row names no benchmark. */
function scoreShare(score: number, benchmark: string): number {
  const [, n] = QUESTIONS.find(([name]) => name.test(benchmark)) ??
    [null, 1319];
  const p = score / 100;
  return 1.96 * Math.sqrt((1 - p) / (p * n));
}

/** The columns of a row that `wanted` picks and that hold numbers, with the tolerance each has. */
export function values(
  source: PaperSource,
  row: AnyRow,
  wanted: (column: string) => boolean,
): ClaimValue[] {
  return source.columns.flatMap(({ name, unit }) => {
    const value = row[name];
    if (!wanted(name) || typeof value !== "number") return [];
    const score = name === "score" || name === "accuracy";
    const share = score
      ? scoreShare(value, String(row.benchmark ?? "GSM8K"))
      : SPEED_SHARE;
    const tolerance = Number(share.toPrecision(3));
    return [{ name, value, tolerance, unit: unit ?? "" }];
  });
}

/** What a row is about, in words. */
export function describe(row: AnyRow, columns: readonly string[]): string {
  return columns.map((name) => {
    const value = row[name];
    if (typeof value === "boolean") {
      return `${value ? "with" : "without"} ${name.replaceAll("_", " ")}`;
    }
    if (name === "mask_ratio") return `mask ratio ${value}`;
    return name === "shots" ? `${value}-shot` : String(value);
  }).join(", ");
}

function quantity(value: number, unit: string): string {
  return `${value}${/^(%|x|)$/.test(unit) ? unit : ` ${unit}`}`;
}

/** Numbers in words, e.g. `TPF 10.1 tokens/forward, score 73.8%`. */
export function listed(found: readonly ClaimValue[]): string {
  return found.map(({ name, value, unit }) =>
    `${RESULTS[name] ?? name.replaceAll("_", " ")} ${quantity(value, unit)}`
  ).join(", ");
}

/** Whether a column holds a result. */
export function isResult(column: string): boolean {
  return column in RESULTS;
}
