/**
 * Visibility as one number per row: a row sees the keys at positions below its limit.
 *
 * @module
 */
import type { Visibility } from "./types.ts";

/** A limit that excludes nothing; fits a signed 32-bit word. */
export const SEES_ALL = 2 ** 31 - 1;

/** First position that the row at `position` does not see. */
export function visibilityLimit(
  visibility: Visibility,
  position: number,
): number {
  switch (visibility.kind) {
    case "full":
      return SEES_ALL;
    case "causal":
      return position + 1;
    case "block-causal": {
      const { promptLength, blockSize } = visibility;
      if (position < promptLength) return promptLength;
      const block = Math.floor((position - promptLength) / blockSize);
      return promptLength + (block + 1) * blockSize;
    }
  }
}
