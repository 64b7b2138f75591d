/**
 * What is kept of a decode for a projection: tokens, steps, and the size of every round but the first, whose time the paper's
 * rates leave out.
 *
 * @module
 */
import type { Trace } from "../../decoding/trace_types.ts";
import { countSample } from "../../metrics/counts.ts";
import type { CellResult } from "../experiment.ts";
import type {
  RecordingParameters,
  RecordingSource,
  Visibility,
} from "./throughput_projection_grid.ts";

/** Rounds of one size: branches, positions of the longest branch, how many such rounds. */
export type RoundCount = readonly [
  branches: number,
  rows: number,
  count: number,
];

/** A cell's result. */
export type Recording = {
  /** Positions generated, filler after the end included, as the paper counts them. */
  readonly tokens: number;
  /** Steps as the paper counts them: rounds and one closing check per answer. */
  readonly steps: number;
  /** Rounds from the second on, by size. */
  readonly rounds: readonly RoundCount[];
};

/** A finished cell. */
export type RecordingCell = CellResult<RecordingParameters, Recording>;

/** Sums up decodes. */
export function recordingOf(traces: readonly Trace[]): Recording {
  const counts = new Map<string, [number, number, number]>();
  let tokens = 0, steps = 0;
  for (const trace of traces) {
    tokens += countSample(trace).canvas;
    steps += trace.result.referenceSteps;
    for (const { branches } of trace.steps.slice(1)) {
      const rows = Math.max(...branches.map(({ length }) => length));
      const key = `${branches.length} ${rows}`;
      const found = counts.get(key) ?? [branches.length, rows, 0];
      found[2]++;
      counts.set(key, found);
    }
  }
  const rounds = [...counts.values()].sort((a, b) =>
    a[0] - b[0] || a[1] - b[1]
  );
  return { tokens, steps, rounds };
}

/** Which recording is wanted. */
export interface RecordingPlace extends RecordingSource {
  readonly visibility: Visibility;
  readonly lookaheads: number;
  readonly threshold: number;
}

/** Finds recordings among cells. */
export class Recordings {
  readonly #byPlace = new Map<string, Recording>();

  /** Takes what the cells hold. */
  constructor(cells: readonly RecordingCell[]) {
    for (const { plan: { parameters }, result } of cells) {
      this.#byPlace.set(placeName(parameters), result);
    }
  }

  /** Whether every recording of some places is there. */
  has(places: readonly RecordingPlace[]): boolean {
    return places.every((place) => this.#byPlace.has(placeName(place)));
  }

  /** The recording of a place. Throws `RangeError` where it is missing. */
  get(place: RecordingPlace): Recording {
    const found = this.#byPlace.get(placeName(place));
    if (found === undefined) {
      throw new RangeError(
        `Cannot project from ${placeName(place)}: found no recording of it`,
      );
    }
    return found;
  }

  /** Tokens per forward as the paper counts them. */
  tpf(place: RecordingPlace): number {
    const { tokens, steps } = this.get(place);
    return tokens / steps;
  }
}

function placeName(
  { model, blockSize, visibility, lookaheads, threshold }: RecordingPlace,
): string {
  return `${model}, blocks of ${blockSize}, ${visibility}, ${lookaheads} lookaheads, threshold ${threshold}`;
}
