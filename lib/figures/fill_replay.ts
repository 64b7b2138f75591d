/**
 * An animated replay of several decodes as one SVG with CSS animation: no script, so it also plays where scripts are
 * stripped, and it shows the finished answers where animation is not supported or not wanted.
 *
 * @module
 */
import { escapeXml } from "./escape.ts";
import type { FillOrderRow } from "./fill_order.ts";
import type { Drawing } from "./types.ts";
import { textWidth } from "./static/text_metrics.ts";
import { COLORS, FONT } from "./theme.ts";

/** Options of {@linkcode fillReplay}. */
export interface FillReplayOptions {
  /** Heading above the lanes. */
  readonly title: string;
  /** Seconds per forward (default 0.35). */
  readonly secondsPerStep?: number;
  /** Text of a token. */
  readonly text: (token: number) => string;
}

const WIDTH = 860,
  LINE = 22,
  LEFT = 12,
  TOP = 48,
  HOLD_SECONDS = 3,
  FONT_SIZE = 11;

/** A token's cell in its lane. */
interface Cell {
  readonly fill: FillOrderRow;
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Places the tokens of one decode in reading order, wrapped at the figure's width. */
function place(
  fills: readonly FillOrderRow[],
  top: number,
  text: (token: number) => string,
): Cell[] {
  let x = LEFT, y = top;
  return fills.toSorted((a, b) => a.position - b.position).map((fill) => {
    const label = text(fill.token).trim();
    const width = Math.max(12, Math.ceil(textWidth(label, FONT_SIZE)) + 5);
    if (x + width > WIDTH - LEFT) {
      x = LEFT;
      y += LINE;
    }
    const cell = { fill, text: label, x, y, width };
    x += width + 1;
    return cell;
  });
}

function cellColor(fill: FillOrderRow): string {
  if (fill.source === "lookahead") return COLORS.green;
  return fill.source === "forced" ? COLORS.vermilion : COLORS.blue;
}

function drawCell({ fill, text, x, y, width }: Cell): string {
  const box = `x="${x}" y="${y}" width="${width}" height="${LINE - 4}" rx="2"`;
  return `<rect ${box} fill="#e3e3e3"/><g class="t at${fill.step}">` +
    `<rect ${box} fill="${cellColor(fill)}"/>` +
    `<text x="${x + width / 2}" y="${
      y + 13
    }" text-anchor="middle" fill="#fff" font-size="${FONT_SIZE}">` +
    `${escapeXml(text)}</text></g>`;
}

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
    const cells = place(fills, y + 8, options.text);
    y = cells.at(-1)!.y + LINE + 24;
    return head + cells.map(drawCell).join("");
  });
  const description = decoders.map(([decoder, fills]) =>
    `${decoder} needs ${lastStep(fills)} forwards`
  ).join(", ");
  const legend = [
    [COLORS.blue, "written by the rule"],
    [COLORS.vermilion, "forced, none passed"],
    [COLORS.green, "lookahead token, accepted"],
  ].map(([color, label], n) =>
    `<rect x="${LEFT + n * 190}" y="${
      y - 12
    }" width="12" height="12" fill="${color}"/>` +
    `<text x="${LEFT + n * 190 + 18}" y="${
      y - 2
    }" font-size="12">${label}</text>`
  ).join("");
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
