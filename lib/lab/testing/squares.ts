/**
 * A synthetic experiment for tests: squares of 1 to n, each after a pause.
 *
 * @module
 */
import type { Experiment } from "../experiment.ts";

/** Options of {@linkcode squares}. */
export interface SquaresOptions {
  /** Cells in quick mode; default mode has twice, full mode three times as many. */
  readonly count: number;
  /** Pause per cell in milliseconds. */
  readonly pause?: number;
  /** Called when a cell is computed. */
  readonly onCell?: (n: number) => void;
  readonly version?: number;
  readonly timing?: boolean;
}

/** Parameters of a cell. */
export type SquareParameters = { readonly n: number };
/** Result of a cell. */
export type SquareResult = { readonly square: number };

/** The experiment. */
export function squares(
  options: SquaresOptions,
): Experiment<SquareParameters, SquareResult> {
  return {
    id: "squares",
    title: "Squares",
    version: options.version ?? 1,
    reproduces: [],
    timing: options.timing ?? false,
    seeds: [],
    claims: ["squares-rise"],
    plan(mode) {
      const times = { quick: 1, default: 2, full: 3 }[mode];
      return Promise.resolve(
        Array.from({ length: options.count * times }, (_, i) => ({
          parameters: { n: i + 1 },
          label: `n = ${i + 1}`,
          model: null,
          task: null,
          precision: "f64",
          seconds: 0.1,
        })),
      );
    },
    async run({ parameters: { n } }, { report, signal }) {
      options.onCell?.(n);
      report(1, 2);
      if (options.pause !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, options.pause));
      }
      signal.throwIfAborted();
      return { square: n * n };
    },
    measure: (cells) => [{
      claim: "squares-rise",
      values: cells.map((cell) => cell.result.square),
      labels: cells.map((cell) => cell.plan.label),
      unit: "",
      note: "synthetic",
    }],
    tables: (cells) => [{
      name: "squares",
      rows: cells.map(({ plan, result }) => ({
        ...plan.parameters,
        ...result,
      })),
    }],
    figures: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
}
