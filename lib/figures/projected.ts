/**
 * What every figure of projected numbers says of itself, and how it tells them from printed ones.
 *
 * @module
 */
import { COLORS } from "./theme.ts";

/** Heading of a figure whose numbers come from a cost model: nobody may take them for measurements. */
export function projectedHeading(
  heading: { readonly title: string; readonly subtitle: string },
): { title: string; subtitle: string } {
  return {
    title: `Projected: ${heading.title}`,
    subtitle:
      `<span style="color:${COLORS.vermilion}">PROJECTION, not a measurement.</span> ${heading.subtitle}`,
  };
}

/** Markers of numbers that the paper prints: hollow. */
export function hollow(symbol: string): string {
  return `${symbol}-open`;
}
