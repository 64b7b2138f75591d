/**
 * Progress of a stage in the terms of a run: steps are its cells.
 *
 * @module
 */
import type { StageProgress } from "../../training/loop.ts";
import type { Progress, ProgressState } from "../progress.ts";

/** Shows a stage's steps; `finish` leaves the last state standing. */
export function stageProgress(
  progress: Progress,
  { recipe, stage }: {
    readonly recipe: {
      readonly name: string;
      readonly stages: readonly unknown[];
    };
    readonly stage: number;
  },
): { onStep(at: StageProgress): void; finish(): void } {
  let last: ProgressState | null = null;
  return {
    onStep({ point, until, tokensPerSecond, secondsLeft }) {
      last = {
        title: `${recipe.name} stage ${stage + 1} of ${recipe.stages.length}`,
        done: point.step,
        total: until,
        reused: 0,
        label: `loss ${point.loss.toFixed(4)} · ${
          Math.round(tokensPerSecond)
        } tokens/s`,
        fraction: 0,
        elapsedSeconds: point.seconds,
        leftSeconds: secondsLeft,
      };
      progress.update(last);
    },
    finish() {
      if (last !== null) progress.finish(last);
    },
  };
}
