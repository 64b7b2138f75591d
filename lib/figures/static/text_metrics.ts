/**
 * Text measurement for drawing without a browser: advance widths of Arimo, which has the metrics of Arial and Helvetica, so
 * that a static figure is laid out as a reader's browser would.
 *
 * @module
 */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import opentype from "opentype.js";

/** Path of the font file, as installed with the package. */
export function fontFile(): string {
  return createRequire(import.meta.url).resolve(
    "@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf",
  );
}

/** Path of the bold font file. */
export function boldFontFile(): string {
  return createRequire(import.meta.url).resolve(
    "@expo-google-fonts/arimo/700Bold/Arimo_700Bold.ttf",
  );
}

let font: ReturnType<typeof opentype.parse> | undefined;

/** Width of `text` at `size` pixels, in pixels. */
export function textWidth(text: string, size: number): number {
  font ??= opentype.parse(new Uint8Array(readFileSync(fontFile())).buffer);
  return font.getAdvanceWidth(text, size);
}
