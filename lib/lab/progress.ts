/**
 * Progress of a run, shared by terminal and notebook: the run says where it stands, an implementation shows it.
 *
 * @module
 */

/** Where a run stands. */
export interface ProgressState {
  /** What runs, e.g. the experiment's id. */
  readonly title: string;
  /** Cells finished, computed or reused. */
  readonly done: number;
  /** Cells of the run. */
  readonly total: number;
  /** Cells taken from the store. */
  readonly reused: number;
  /** The running cell; empty when none runs. */
  readonly label: string;
  /** Share of the running cell that is done, 0 to 1. */
  readonly fraction: number;
  /** Seconds since the run began. */
  readonly elapsedSeconds: number;
  /** Estimated seconds left. */
  readonly leftSeconds: number;
}

/** Shows progress. Calls are frequent; an implementation limits its own output. */
export interface Progress {
  /** The state has changed. */
  update(state: ProgressState): void;
  /** The last state: all done, or stopped. */
  finish(state: ProgressState): void;
}

/** Shows nothing. */
export const SILENT: Progress = { update() {}, finish() {} };

/** A duration for people, e.g. `0.4 s`, `12 s`, `3 min 20 s`, `1 h 05 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  const pad = (n: number) => String(n).padStart(2, "0");
  return minutes < 60
    ? `${minutes} min ${pad(whole % 60)} s`
    : `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** The state on one line. */
export function formatProgress(state: ProgressState): string {
  const { title, done, total, reused, label, fraction } = state;
  const share = fraction > 0 ? ` ${Math.floor(fraction * 100)}%` : "";
  const parts = [
    `${title} ${done}/${total}`,
    reused > 0 ? `${reused} reused` : "",
    label === "" ? "" : label + share,
    done < total
      ? `${formatSeconds(state.leftSeconds)} left`
      : formatSeconds(state.elapsedSeconds),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
