/**
 * Tokens as cells that appear when they are written: what all replays of decodes share.
 *
 * @module
 */
import { escapeXml } from "./escape.ts";
import type { FillOrderRow } from "./fill_order.ts";
import { textWidth } from "./static/text_metrics.ts";
import { COLORS } from "./theme.ts";

/** Distance of lines of cells, and size of their text, in pixels. */
export const CELL_LINE = 22;
const FONT_SIZE = 11;

/** A token's cell. */
export interface Cell {
  readonly fill: FillOrderRow;
  readonly text: string;
  /** Upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Where cells go. */
export interface CellBox {
  readonly left: number;
  readonly right: number;
  /** Of the first line. */
  readonly top: number;
  /** Text of a token. */
  readonly text: (token: number) => string;
}

/** Places the tokens of one decode in reading order, wrapped at the right side of the box. */
export function placeCells(
  fills: readonly FillOrderRow[],
  { left, right, top, text }: CellBox,
): Cell[] {
  let x = left, y = top;
  return fills.toSorted((a, b) => a.position - b.position).map((fill) => {
    const label = text(fill.token).trim();
    const width = Math.max(12, Math.ceil(textWidth(label, FONT_SIZE)) + 5);
    if (x + width > right) {
      x = left;
      y += CELL_LINE;
    }
    const cell = { fill, text: label, x, y, width };
    x += width + 1;
    return cell;
  });
}

/** Colour by how a token came to be written. */
export function cellColor({ source }: FillOrderRow): string {
  if (source === "lookahead") return COLORS.green;
  return source === "forced" ? COLORS.vermilion : COLORS.blue;
}

/** A grey place, and over it the token under an animation's class name. */
export function drawCell(
  { text, x, y, width }: Cell,
  { name, color }: { readonly name: string; readonly color: string },
): string {
  const box = `x="${x}" y="${y}" width="${width}" height="${
    CELL_LINE - 4
  }" rx="2"`;
  return `<rect ${box} fill="#e3e3e3"/><g class="t ${name}">` +
    `<rect ${box} fill="${color}"/>` +
    `<text x="${x + width / 2}" y="${
      y + 13
    }" text-anchor="middle" fill="#fff" font-size="${FONT_SIZE}">` +
    `${escapeXml(text)}</text></g>`;
}

/** What the colours of cells mean; its baseline is at `y`. */
export function cellLegend(
  { x, y }: { readonly x: number; readonly y: number },
): string {
  return [
    [COLORS.blue, "written by the rule"],
    [COLORS.vermilion, "forced, none passed"],
    [COLORS.green, "lookahead token, accepted"],
  ].map(([color, label], n) =>
    `<rect x="${x + n * 190}" y="${
      y - 12
    }" width="12" height="12" fill="${color}"/>` +
    `<text x="${x + n * 190 + 18}" y="${y - 2}" font-size="12">${label}</text>`
  ).join("");
}
