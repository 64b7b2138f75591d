/**
 * What the curves over lookaheads say, in words with their numbers.
 *
 * @module
 */

import { signed, span } from "./words.ts";

/** What is read off a point. Scores are in percent. */
interface Point {
  readonly model: string;
  readonly task: string;
  readonly lookaheads: number;
  readonly tpf: number;
  readonly score: number;
  readonly positionsPerToken: number;
}

/** First and last point of every model on every task; points come in ascending lookaheads. */
function curveEnds<T extends Point>(points: readonly T[]) {
  return [...Map.groupBy(points, ({ model, task }) => `${model} on ${task}`)]
    .map(([name, rows]) => ({ name, first: rows[0]!, last: rows.at(-1)! }));
}

/** The finding in a line: by how much the ends of the curves differ, over all models and tasks. */
export function lookaheadFinding(points: readonly Point[]): string {
  const ends = curveEnds(points);
  const [{ first, last }] = ends as [typeof ends[number]];
  const moves = ends.map(({ first, last }) => last.score - first.score);
  // Who writes nothing at either end has no factor.
  const factors = ends.map(({ first, last }) => last.tpf / first.tpf)
    .filter(Number.isFinite);
  const rates = factors.length === 0
    ? "no tokens"
    : `${span(factors, (value) => value.toFixed(1))} times the tokens`;
  return `${last.lookaheads} lookaheads against ${first.lookaheads}: ${rates} per forward, score ${
    span(moves, signed)
  } points`;
}

/** The same model by model, with the price. */
export function lookaheadGains(points: readonly Point[]): string {
  return curveEnds(points).map(({ name, first, last }) => {
    const ends = (of: (row: Point) => number, digits: number) =>
      `${of(first).toFixed(digits)} to ${of(last).toFixed(digits)}`;
    return `${name}, ${first.lookaheads} to ${last.lookaheads} lookaheads: ${
      ends(({ tpf }) => tpf, 2)
    } tokens per forward, score ${ends(({ score }) => score, 1)}%, ${
      ends(({ positionsPerToken }) => positionsPerToken, 1)
    } positions per token`;
  }).join("; ");
}
