/**
 * An animated replay of several decodes as one SVG with CSS animation: no script, so it also plays where scripts are
 * stripped, and it shows the finished answers where animation is not supported or not wanted.
 *
 * @module
 */
import { escapeXml } from "./escape.ts";
import type { FillOrderRow } from "./fill_order.ts";
import type { Drawing } from "./types.ts";
import {
  CELL_LINE,
  cellColor,
  cellLegend,
  drawCell,
  placeCells,
} from "./replay_cells.ts";
import { FONT } from "./theme.ts";

/** Options of {@linkcode fillReplay}. */
export interface FillReplayOptions {
  /** Heading above the lanes. */
  readonly title: string;
  /** Seconds per forward (default 0.35). */
  readonly secondsPerStep?: number;
  /** Text of a token. */
  readonly text: (token: number) => string;
}

const WIDTH = 860, LEFT = 12, TOP = 48, HOLD_SECONDS = 3;

/** One keyframe rule per step: hidden until its tick, shown from then on. */
function keyframes(
  steps: readonly number[],
  percent: (step: number) => number,
): string {
  return steps.map((step) => {
    const at = percent(step);
    return `@keyframes at${step}{0%,${at.toFixed(3)}%{opacity:0}` +
      `${(at + 0.01).toFixed(3)}%,100%{opacity:1}}` +
      `.at${step}{animation-name:at${step}}`;
  }).join("");
}

function drawReplay(
  rows: readonly FillOrderRow[],
  options: FillReplayOptions,
): string {
  const perStep = options.secondsPerStep ?? 0.35;
  const decoders = [...Map.groupBy(rows, (row) => row.decoder)];
  const lastStep = (fills: readonly FillOrderRow[]) =>
    Math.max(...fills.map((fill) => fill.step));
  const total = lastStep(rows) * perStep + HOLD_SECONDS;
  const steps = [...new Set(rows.map((row) => row.step))].toSorted((a, b) =>
    a - b
  );
  let y = TOP;
  const lanes = decoders.map(([decoder, fills]) => {
    const forwards = lastStep(fills);
    const head =
      `<text x="${LEFT}" y="${y}" font-weight="700">${
        escapeXml(decoder)
      }</text>` +
      `<text class="t at${forwards}" x="${WIDTH - LEFT}" y="${y}" ` +
      `text-anchor="end">${forwards} forwards</text>`;
    const cells = placeCells(fills, {
      ...{ left: LEFT, right: WIDTH - LEFT, top: y + 8 },
      text: options.text,
    });
    y = cells.at(-1)!.y + CELL_LINE + 24;
    return head +
      cells.map((cell) =>
        drawCell(cell, {
          name: `at${cell.fill.step}`,
          color: cellColor(cell.fill),
        })
      ).join("");
  });
  const description = decoders.map(([decoder, fills]) =>
    `${decoder} needs ${lastStep(fills)} forwards`
  ).join(", ");
  const legend = cellLegend({ x: LEFT, y });
  const height = y + 12;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" role="img" font-family="${FONT}" font-size="13">` +
    `<title>${escapeXml(options.title)}</title><desc>${
      escapeXml(description)
    }</desc>` +
    `<style>${keyframes(steps, (step) => 100 * step * perStep / total)}` +
    `.t{animation-duration:${
      total.toFixed(2)
    }s;animation-iteration-count:infinite}` +
    `@media (prefers-reduced-motion:reduce){.t{animation:none}}</style>` +
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>` +
    `<text x="${LEFT}" y="24" font-size="16">${
      escapeXml(options.title)
    }</text>` +
    lanes.join("") + legend + `</svg>`;
}

/** Draws one lane per decoder; all lanes run on the same clock, one tick per forward. */
export function fillReplay(
  rows: readonly FillOrderRow[],
  options: FillReplayOptions,
): Drawing {
  return {
    id: "token-filling-replay",
    title: options.title,
    description:
      "Each decoder fills its answer, one tick per forward; forced tokens and accepted lookahead tokens are marked.",
    rows: rows.map((row) => ({ ...row, text: options.text(row.token) })),
    svg: drawReplay(rows, options),
  };
}
