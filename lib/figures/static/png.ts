/**
 * SVG to PNG, with the fonts that the layout was measured with.
 *
 * @module
 */
import { Resvg } from "@resvg/resvg-js";
import { boldFontFile, fontFile } from "./text_metrics.ts";

/** Rasterises SVG text at `scale` times its own size on a white ground. */
export function renderPng(svg: string, scale = 2): Uint8Array {
  const image = new Resvg(svg, {
    background: "#ffffff",
    fitTo: { mode: "zoom", value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: [fontFile(), boldFontFile()],
      defaultFontFamily: "Arimo",
      sansSerifFamily: "Arimo",
      monospaceFamily: "Arimo",
    },
  });
  return image.render().asPng();
}
