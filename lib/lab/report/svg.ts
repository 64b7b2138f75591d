/**
 * SVG drawings put into a page so that they cannot disturb it or each other.
 *
 * @module
 */
import { Html, markup } from "./html.ts";

const FORBIDDEN =
  /<script|<foreignObject|<iframe|<!DOCTYPE|<!ENTITY|\son[a-z]+\s*=|javascript:|(?:href|src)\s*=\s*["'](?!#|data:image\/)|url\(\s*["']?(?!#|data:image\/|["']?\s*#)[a-z/]/i;

/** Ids and references to them get a prefix, so that two drawings may use the same names. */
function prefixIds(svg: string, prefix: string): string {
  return svg
    .replaceAll(/(\sid=["'])([^"']+)/g, `$1${prefix}$2`)
    .replaceAll(/(url\(\s*["']?#)/g, `$1${prefix}`)
    .replaceAll(/((?:xlink:)?href=["']#)/g, `$1${prefix}`)
    .replaceAll(
      /(\saria-(?:labelledby|describedby)=["'])([^"']+)/g,
      (_, start: string, ids: string) =>
        start + ids.split(/\s+/).map((id) => prefix + id).join(" "),
    );
}

/**
 * The drawing as part of a page: inline, or as an image of its own where it brings a style sheet along, which would else act
 * on the whole page. Throws `TypeError` on anything that runs or loads: scripts, event handlers, foreign content, addresses.
 */
export function embedSvg(
  svg: string,
  options: { readonly id: string; readonly description: string },
): Html {
  const { id, description } = options;
  const start = svg.indexOf("<svg");
  const forbidden = FORBIDDEN.exec(svg);
  if (start < 0 || forbidden !== null) {
    throw new TypeError(
      `Cannot put drawing "${id}" into the report: ${
        forbidden === null
          ? "it has no svg element"
          : `found "${
            forbidden[0].trim()
          }", want a drawing that neither runs nor loads anything`
      }`,
    );
  }
  const drawing = svg.slice(start);
  if (!/<style/.test(drawing)) {
    return new Html(prefixIds(drawing, `${id}--`));
  }
  const bytes = new TextEncoder().encode(drawing);
  const source = `data:image/svg+xml;base64,${bytes.toBase64()}`;
  return markup`<img src="${source}" alt="${description}">`;
}
