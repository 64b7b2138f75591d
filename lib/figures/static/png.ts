/**
 * SVG to PNG, with the fonts that the layout was measured with.
 *
 * @module
 */
import { boldFontFile, fontFile } from "./text_metrics.ts";

/** Rasterises SVG text at `scale` times its own size on a white ground. The rasteriser is loaded on first use. */
export async function renderPng(svg: string, scale = 2): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
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
