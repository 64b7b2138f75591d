/**
 * A canvas that fills live in a terminal: masks as dots, tokens of the latest step highlighted.
 *
 * @module
 */

/** What to draw. */
export interface CanvasView {
  /** Ids of the answer so far. */
  readonly ids: Int32Array;
  /** Stands for what is not written yet. */
  readonly maskId: number;
  /** Indices into `ids` that the latest step wrote. */
  readonly fresh: ReadonlySet<number>;
  /** Text of a token. */
  readonly text: (id: number) => string;
  /** The line below the canvas. */
  readonly status: string;
}

const RESET = "\x1b[0m", FRESH = "\x1b[30;42m", FAINT = "\x1b[2m";

/** Characters that stay on their line: what a token's own line breaks and tabs are drawn as. */
function visible(text: string): string {
  return text.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replaceAll(
    // deno-lint-ignore no-control-regex -- control characters must not reach the terminal
    /[\x00-\x1f\x7f-\x9f]/g,
    "�",
  );
}

/** Lines of a view, wrapped at `columns` characters, with colours. */
export function canvasLines(view: CanvasView, columns: number): string[] {
  const lines: string[] = [];
  let line = "", width = 0;
  for (const [i, id] of view.ids.entries()) {
    const masked = id === view.maskId;
    const text = masked ? "·" : visible(view.text(id));
    const length = [...text].length;
    if (width > 0 && width + length > columns) {
      lines.push(line);
      line = "";
      width = 0;
    }
    line += masked
      ? `${FAINT}${text}${RESET}`
      : view.fresh.has(i)
      ? `${FRESH}${text}${RESET}`
      : text;
    width += length;
  }
  return [...lines, line, `${FAINT}${visible(view.status)}${RESET}`];
}

/** Redraws a canvas in place on a terminal. */
export class LiveCanvas {
  #drawn = 0;
  readonly #write: (text: string) => void;

  /** `write` takes text for the terminal. */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Draws over what was drawn last. */
  draw(view: CanvasView, columns: number): void {
    const lines = canvasLines(view, columns);
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : "";
    this.#write(
      `${up}${lines.map((line) => `\x1b[2K${line}\n`).join("")}\x1b[0J`,
    );
    this.#drawn = lines.length;
  }
}
