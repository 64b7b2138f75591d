/**
 * Figures as SVG text: the drawing every reader sees, with a title and description for those who do not.
 *
 * @module
 */
import type { Figure } from "../types.ts";
import { escapeXml } from "../escape.ts";
import { FIGURE_HEIGHT, FIGURE_WIDTH } from "../theme.ts";
import { staticPlotly } from "./dom.ts";
import { fixTextWidths } from "./fixed_widths.ts";

/** Draws a figure as SVG. The same figure gives the same bytes. Throws when the specification is not valid Plotly. */
export async function renderSvg(figure: Figure): Promise<string> {
  const plotly = await staticPlotly();
  const { data, layout } = figure.spec;
  const problems = plotly.validate(data, layout) ?? [];
  if (problems.length > 0) {
    throw new TypeError(
      `Cannot draw figure "${figure.id}": ${
        problems.map((problem) => problem.msg).join("; ")
      }`,
    );
  }
  const url = await plotly.toImage(
    { data: structuredClone(data), layout: structuredClone(layout) },
    {
      format: "svg",
      width: layout.width ?? FIGURE_WIDTH,
      height: layout.height ?? FIGURE_HEIGHT,
    },
  );
  const svg = decodeURIComponent(url.slice(url.indexOf(",") + 1));
  const stable = svg.replaceAll(
    /\b(clip|legend|topdefs-|defs-|g)([0-9a-f]{6})(?=[^0-9a-f])/g,
    (_, prefix) => `${prefix}${figure.id}-`,
  );
  return fixTextWidths(stable).replace(
    /^<svg([^>]*)>/,
    (_, attributes) =>
      `<svg${attributes} role="img" aria-labelledby="${figure.id}-title ${figure.id}-desc">` +
      `<title id="${figure.id}-title">${escapeXml(figure.title)}</title>` +
      `<desc id="${figure.id}-desc">${escapeXml(figure.description)}</desc>`,
  );
}
