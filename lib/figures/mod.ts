/**
 * Figures: pure functions from rows to Plotly specifications, static SVG and PNG, and their display in notebooks.
 *
 * @module
 */
export { toCsv } from "./csv.ts";
export {
  fillOrder,
  fillOrderFigure,
  type FillOrderRow,
  type FillSource,
} from "./fill_order.ts";
export { fillReplay, type FillReplayOptions } from "./fill_replay.ts";
export { lopaRoundRows, type LopaRoundRowsOptions } from "./lopa_round.ts";
export {
  parallelTokensFigure,
  type ParallelTokensRow,
} from "./parallel_tokens.ts";
export { showFigure, showTable, type ShowTableOptions } from "./show.ts";
export { renderPng } from "./static/png.ts";
export { renderSvg } from "./static/svg.ts";
export {
  type PaperScalingRow,
  type ScalingRow,
  tpfScalingFigure,
} from "./tpf_scaling.ts";
export type {
  Drawing,
  Figure,
  FigureLayout,
  FigureRow,
  FigureSpec,
} from "./types.ts";
