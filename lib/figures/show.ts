/**
 * Showing figures, tables and live text in a notebook, and as plain text elsewhere.
 *
 * A kernel may lose what is sent in a cell's last moments, so every function here waits until its message is on the wire;
 * await it, and never leave a figure to be the value of a cell's last line.
 *
 * @module
 */
import { from } from "arquero";
import { toCsv } from "./csv.ts";
import { cellText, isNumeric } from "./readable.ts";
import { renderSvg } from "./static/svg.ts";
import type { Drawing, Figure, FigureRow } from "./types.ts";

/** Largest output that the kernel's stream carries safely, in bytes. */
export const MAX_OUTPUT_BYTES = 256 * 1024;

/** MIME types to content. */
export type MimeBundle = Record<string, unknown>;

interface JupyterNamespace {
  broadcast(
    type: "display_data" | "update_display_data",
    content: Record<string, unknown>,
  ): Promise<void>;
}

/** The kernel's own namespace, or `null` outside of one, where even looking at it throws. */
function jupyter(): JupyterNamespace | null {
  try {
    return (Deno as unknown as { jupyter: JupyterNamespace }).jupyter ?? null;
  } catch {
    return null;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

/** Shows a MIME bundle; outside a notebook its `text/plain` goes to standard output. */
export async function showBundle(bundle: MimeBundle): Promise<void> {
  const kernel = jupyter();
  if (kernel === null) {
    await Deno.stdout.write(
      new TextEncoder().encode(`${bundle["text/plain"] ?? ""}\n`),
    );
    return;
  }
  await kernel.broadcast("display_data", {
    data: bundle,
    metadata: {},
    transient: {},
  });
  await settle();
}

function plainTable(rows: readonly FigureRow[], limit: number): string {
  const shown = rows.slice(0, limit);
  const more = rows.length - shown.length;
  return toCsv(shown) + (more > 0 ? `... ${more} more rows\n` : "");
}

/**
 * A figure as a MIME bundle: the Plotly specification for interactive front ends, the SVG for all others, the numbers as
 * text. The interactive part is left out when the whole would exceed {@linkcode MAX_OUTPUT_BYTES}.
 */
export async function figureBundle(
  figure: Figure | Drawing,
): Promise<MimeBundle> {
  const svg = "svg" in figure ? figure.svg : await renderSvg(figure);
  const text = `${figure.title}\n${figure.description}\n\n${
    plainTable(figure.rows, 12)
  }`;
  const bundle: MimeBundle = { "image/svg+xml": svg, "text/plain": text };
  if ("svg" in figure) return bundle;
  const plotly = JSON.stringify(figure.spec);
  if (svg.length + plotly.length + text.length <= MAX_OUTPUT_BYTES) {
    bundle["application/vnd.plotly.v1+json"] = JSON.parse(plotly);
  }
  return bundle;
}

/** Shows a figure. */
export async function showFigure(figure: Figure | Drawing): Promise<void> {
  await showBundle(await figureBundle(figure));
}

/** Options of {@linkcode showTable}. */
export interface ShowTableOptions {
  /** Rows shown at most (default 40). */
  readonly limit?: number;
}

/** Shows rows as a table. */
export async function showTable(
  rows: readonly FigureRow[],
  options: ShowTableOptions = {},
): Promise<void> {
  const limit = options.limit ?? 40;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const shown = rows.map((row) =>
    Object.fromEntries(columns.map((name) => [name, cellText(row[name])]))
  );
  const numeric = columns.filter((name) =>
    rows.some((row) => isNumeric(row[name]))
  );
  const align = Object.fromEntries(numeric.map((name) => [name, "r" as const]));
  const table = from(shown);
  await showBundle({
    "text/html": table.toHTML({ limit, align }),
    "text/markdown": table.toMarkdown({ limit, align }),
    "text/plain": plainTable(shown, limit),
  });
}

/** A line of text that can be replaced while a cell runs. */
export interface LiveText {
  /** Replaces the text. */
  update(text: string): Promise<void>;
}

/** Shows a line that later updates replace in place; outside a notebook nothing is printed until asked. */
export async function showLiveText(text: string): Promise<LiveText> {
  const kernel = jupyter();
  const display_id = crypto.randomUUID();
  const send = async (
    type: "display_data" | "update_display_data",
    line: string,
  ) => {
    await kernel?.broadcast(type, {
      data: { "text/plain": line },
      metadata: {},
      transient: { display_id },
    });
  };
  await send("display_data", text);
  return {
    update: async (line: string) => {
      await send("update_display_data", line);
      await settle();
    },
  };
}
