/**
 * Texts as wide as they were laid out, whatever font a reader's machine has: a wider one would run into its neighbours.
 *
 * @module
 */
import { textWidth } from "./text_metrics.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"' },
};

function plain(content: string): string {
  return content.replaceAll(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity);
}

function length(content: string, size: number): string {
  const width = textWidth(plain(content), size).toFixed(1);
  return `textLength="${width}" lengthAdjust="spacingAndGlyphs"`;
}

/**
 * Sets the width of every regular text of one line, and of every line of the others; texts with markup of their own, such as
 * bold or subscripts, stay as they are. Sizes are those that stand in the texts' own styles.
 */
export function fixTextWidths(svg: string): string {
  return svg.replaceAll(
    /<text((?:\s[\w:-]+="[^"]*")*)>((?:(?!<\/text>)[\s\S])*)<\/text>/g,
    (whole, attributes: string, content: string) => {
      const size = Number(/font-size:\s*([\d.]+)px/.exec(attributes)?.[1]);
      if (!(size > 0) || /font-weight:\s*(?:bold|[6-9]00)/.test(attributes)) {
        return whole;
      }
      if (!content.includes("<")) {
        return content === ""
          ? whole
          : `<text${attributes} ${length(content, size)}>${content}</text>`;
      }
      const lines = content.replaceAll(
        /<tspan( class="line"(?:\s[\w:-]+="[^"]*")*)>([^<]+)<\/tspan>/g,
        (_, line: string, words: string) =>
          `<tspan${line} ${length(words, size)}>${words}</tspan>`,
      );
      return `<text${attributes}>${lines}</text>`;
    },
  );
}
