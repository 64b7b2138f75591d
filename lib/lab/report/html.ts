/**
 * HTML as text, escaped by construction: plain strings are escaped, only {@linkcode Html} passes as it is.
 *
 * @module
 */
import { escapeXml } from "../../figures/escape.ts";

/** Markup that is already safe. */
export class Html {
  readonly text: string;
  /** Trusts `text`; use {@linkcode markup} instead wherever text comes from data. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. */
export type Content = string | number | Html | readonly Content[];

function render(content: Content): string {
  if (content instanceof Html) return content.text;
  if (typeof content === "object") return content.map(render).join("");
  return escapeXml(String(content));
}

/** Template tag: values are escaped unless they are {@linkcode Html}. */
export function markup(
  parts: TemplateStringsArray,
  ...values: Content[]
): Html {
  return new Html(
    parts.map((part, i) => part + (i < values.length ? render(values[i]!) : ""))
      .join(""),
  );
}

/**
 * A table with a caption for those who cannot see it, and headers that say what they head. Columns named in `numbers` stand
 * at the right.
 */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Content[])[],
  options: { readonly numbers?: ReadonlySet<string> } = {},
): Html {
  const { numbers = new Set() } = options;
  const side = (column: string) =>
    numbers.has(column) ? new Html(' class="number"') : "";
  const head = columns.map((name) =>
    markup`<th scope="col"${side(name)}>${name}</th>`
  );
  const body = rows.map((row) =>
    markup`<tr>${
      row.map((cell, i) => markup`<td${side(columns[i]!)}>${cell}</td>`)
    }</tr>\n`
  );
  return markup`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}
