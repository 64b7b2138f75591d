/**
 * The published numbers of the TPF scaling experiment.
 *
 * @module
 */
import type { ResultTable } from "../experiment.ts";
import { methodName } from "./methods.ts";
import { type ScalingCell, summarise } from "./tpf_scaling_rows.ts";

function named(cell: ScalingCell) {
  const { model, method } = cell.plan.parameters;
  const lookaheads = method.name === "lopa" ? method.lookaheads : null;
  return {
    model,
    method: methodName(method),
    lookaheads,
    sequences: lookaheads === null ? 1 : lookaheads + 1,
  };
}

/** One row per method, every metric by definition, tokens per step, and the answers. */
export function scalingTables(
  cells: readonly ScalingCell[],
): readonly ResultTable[] {
  return [
    {
      name: "tpf-scaling",
      rows: summarise(cells).map((row, i) => ({
        ...named(cells[i]!),
        samples: row.samples,
        tpf: row.tpf,
        tpf_low: row.tpfLow,
        tpf_high: row.tpfHigh,
        tokens_per_call: row.tokensPerCall,
        positions_per_token: row.positionsPerToken,
        forwards_per_answer: row.forwards,
        agreement_one_token: row.agreementOneToken,
        agreement_vanilla: row.agreementVanilla,
      })),
    },
    {
      name: "tpf-scaling-definitions",
      rows: cells.flatMap((cell) =>
        cell.result.metrics.map(({ id, unit, value, reason }) => ({
          ...named(cell),
          metric: id,
          value,
          unit,
          reason: reason ?? null,
        }))
      ),
    },
    {
      name: "parallel-tokens",
      rows: cells.flatMap((cell) =>
        cell.result.steps.map((row, i) => ({
          ...named(cell),
          ...row,
          mean_with_accepted: cell.result.stepsAccepted[i]!.mean,
        }))
      ),
    },
    {
      name: "tpf-scaling-answers",
      rows: cells.flatMap((cell) =>
        cell.result.samples.map(({ prompt, text, canvas, forwards }) => ({
          ...named(cell),
          prompt,
          answer: text,
          canvas,
          forwards,
        }))
      ),
    },
  ];
}
