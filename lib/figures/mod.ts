/**
 * Figures: pure functions from rows to Plotly specifications, static SVG and PNG, and their display in notebooks.
 *
 * @module
 */
export {
  type AccuracyPlane,
  accuracyPlaneFigure,
  type PlaneArea,
  type PlanePoint,
} from "./accuracy_plane.ts";
export { toCsv } from "./csv.ts";
export {
  decodingProgressFigure,
  type ProgressRow,
} from "./decoding_progress.ts";
export {
  decoderRace,
  type DecoderRaceOptions,
  type RaceLane,
} from "./decoder_race.ts";
export {
  type DotPanel,
  dotPlotFigure,
  type DotPlotOptions,
  type DotRow,
} from "./dot_plot.ts";
export {
  fillOrder,
  fillOrderFigure,
  type FillOrderRow,
  type FillSource,
} from "./fill_order.ts";
export { fillReplay, type FillReplayOptions } from "./fill_replay.ts";
export {
  type LinePanel,
  linePanelsFigure,
  type LinePanelsOptions,
  type LineRow,
} from "./line_panels.ts";
export type { Panel } from "./panels.ts";
export {
  type LookaheadCurves,
  lookaheadCurvesFigure,
  type LookaheadPoint,
  type OneTokenLevel,
  type PublishedPoint,
} from "./lookahead_curves.ts";
export { lopaRoundRows, type LopaRoundRowsOptions } from "./lopa_round.ts";
export { parallelPanelsFigure, type ParallelTask } from "./parallel_panels.ts";
export {
  parallelTokensFigure,
  type ParallelTokensRow,
} from "./parallel_tokens.ts";
export {
  rankTimelineFigure,
  type RankTimelineOptions,
  TIMELINE_PHASES,
  type TimelineRow,
} from "./rank_timeline.ts";
export { readableRows } from "./readable.ts";
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
