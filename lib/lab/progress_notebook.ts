/**
 * Progress in a notebook: one line that is replaced while the cell runs.
 *
 * @module
 */
import { showLiveText } from "../figures/show.ts";
import { formatProgress, type Progress } from "./progress.ts";

/** Least milliseconds between two updates. */
const PAUSE_MS = 250;

/** Shows progress below the running cell. Outside a notebook nothing is shown. */
export async function notebookProgress(): Promise<Progress> {
  const line = await showLiveText("...");
  let last = -Infinity;
  let sending = Promise.resolve();
  const show = (text: string) => {
    last = performance.now();
    sending = sending.then(() => line.update(text));
  };
  return {
    update(state) {
      if (performance.now() - last >= PAUSE_MS) show(formatProgress(state));
    },
    finish(state) {
      show(formatProgress(state));
    },
  };
}
