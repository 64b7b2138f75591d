/**
 * A stage's mix of tasks in words.
 *
 * @module
 */
import type { Stage } from "./types.ts";

/** e.g. `gsm-mini 55%, code-mini 45%`. */
export function mixText(mix: Stage["mix"]): string {
  return Object.entries(mix).map(([task, share]) =>
    `${task} ${Math.round(100 * share)}%`
  ).join(", ");
}
