/**
 * Figures of the TPF scaling experiment: the measured curves beside the papers'.
 *
 * @module
 */
import { parallelTokensFigure } from "../../figures/parallel_tokens.ts";
import { tpfScalingFigure } from "../../figures/tpf_scaling.ts";
import type { Figure } from "../../figures/types.ts";
import type { PaperRow } from "../paper_schema.ts";
import { findCell, type ScalingCell, summarise } from "./tpf_scaling_rows.ts";

/** The papers' curves. */
export interface PaperCurves {
  readonly fig4: readonly PaperRow<"lopa_fig4">[];
  readonly fig5: readonly PaperRow<"lopa_fig5">[];
}

/** Series of Fig. 5: name, the paper's name, our method. */
const SERIES = [
  ["D2F", "D2F", "d2f"],
  ["2 sequences", "BP2", "lopa-1"],
  ["4 sequences", "BP4", "lopa-3"],
  ["8 sequences", "BP8", "lopa-7"],
] as const;

const PANEL = "GSM8K";

function parallelFigure(
  cells: readonly ScalingCell[],
  fig5: PaperCurves["fig5"],
): Figure | null {
  const model = "dream-tiny";
  const measured = SERIES.flatMap(([series, , method]) => {
    const cell = findCell(cells, { model, method });
    return (cell?.result.steps ?? []).map((row) => ({
      ...row,
      source: "measured" as const,
      series,
    }));
  });
  if (measured.length === 0) return null;
  const paper = SERIES.flatMap(([series, name]) =>
    fig5.filter((row) => row.benchmark === PANEL && row.series === name).map(
      (row) => ({
        source: "paper" as const,
        series,
        step: row.step,
        mean: row.mean_tokens,
        q1: row.iqr_low,
        q3: row.iqr_high,
        samples: null,
      }),
    )
  );
  return parallelTokensFigure([...measured, ...paper], {
    measured: `Measured here (${model})`,
    paper: `Paper, 7B model (LoPA Fig. 5, ${PANEL}, digitised)`,
  });
}

/** The figures that the finished cells allow. */
export function scalingFigures(
  cells: readonly ScalingCell[],
  { fig4, fig5 }: PaperCurves,
): Figure[] {
  const measured = summarise(cells).flatMap((row) =>
    row.lookaheads === null || row.agreementOneToken === null ? [] : [{
      model: row.model,
      lookaheads: row.lookaheads,
      tpf: row.tpf,
      tpfLow: row.tpfLow,
      tpfHigh: row.tpfHigh,
      positionsPerToken: row.positionsPerToken,
      agreement: row.agreementOneToken,
    }]
  );
  const paper = fig4.flatMap(({ benchmark, branches, tpf }) =>
    branches === null ? [] : [{ panel: benchmark, branches, tpf }]
  );
  const parallel = parallelFigure(cells, fig5);
  return [
    ...(measured.length === 0 ? [] : [tpfScalingFigure(measured, paper)]),
    ...(parallel === null ? [] : [parallel]),
  ];
}
