/**
 * Where the time of rounds goes: a clock around model and decoder, and the phases of the ranks between its readings.
 *
 * @module
 */
import type { Decoder } from "../../decoding/types.ts";
import { mean } from "../../metrics/quantile.ts";
import type { DiffusionModel, ModelSession } from "../../model/types.ts";
import type { PhaseChange } from "../../parallel/mod.ts";

/** One round as the coordinator sees it, in milliseconds of `performance.now()`. */
export interface RoundTimes {
  /** The request goes out. */
  readonly submitted: number;
  /** All predictions are there. */
  readonly answered: number;
  /** The decoder has chosen the winner, filled tokens and made the next request. */
  readonly decided: number;
  /** Time inside the native library, of the slowest rank. */
  readonly nativeMs: number;
}

/** What a round's time goes into, in milliseconds; the sum of all but `native` is the round. JSON. */
export type RoundPhases = {
  /** Forward and pre-write, mean over ranks. */
  readonly compute: number;
  /** The winner's rows travel and are written, mean over ranks; within `compute` on a single device. */
  readonly commit: number;
  /** For slower ranks and for messages, mean over ranks. */
  readonly wait: number;
  /** The decoder: winner, fills, next branches. */
  readonly select: number;
  /** Everything else on the way to the next request. */
  readonly host: number;
  /** Inside the native library on the slowest rank: what the devices need. Part of the others. */
  readonly native: number;
};

/** A stretch of time on one lane of the timeline, in milliseconds from its beginning. JSON. */
export type TimelineSpan = {
  readonly lane: string;
  readonly phase: "compute" | "commit" | "select" | "host";
  readonly from: number;
  readonly to: number;
};

/** Readings of one decode. */
export class RoundClock {
  #rounds: RoundTimes[] = [];
  #changes: PhaseChange[] = [];
  #open: { submitted: number; answered: number; nativeMs: number } | null =
    null;

  /** Hears the ranks of a model that was laid out with it. */
  readonly onPhase = (change: PhaseChange): void => {
    this.#changes.push(change);
  };

  /** Forgets all readings. */
  reset(): void {
    this.#rounds = [];
    this.#changes = [];
    this.#open = null;
  }

  /** Rounds so far. */
  get rounds(): readonly RoundTimes[] {
    return this.#rounds;
  }

  /** Phases of ranks so far. */
  get changes(): readonly PhaseChange[] {
    return this.#changes;
  }

  /** The same model, with its forwards timed. */
  model(model: DiffusionModel): DiffusionModel {
    return {
      spec: model.spec,
      open: (options): ModelSession => {
        const session = model.open(options);
        return {
          forward: async (request) => {
            const submitted = performance.now();
            const predictions = await session.forward(request);
            const answered = performance.now();
            const { nativeMs = 0 } = predictions;
            this.#open = { submitted, answered, nativeMs };
            return predictions;
          },
          close: () => session.close(),
        };
      },
    };
  }

  /** The same decoder, with its decisions timed. */
  decoder(decoder: Decoder): Decoder {
    return {
      name: decoder.name,
      options: decoder.options,
      start: (prompt, spec) => decoder.start(prompt, spec),
      next: (state, predictions) => {
        const transition = decoder.next(state, predictions);
        const decided = performance.now();
        if (this.#open !== null) this.#rounds.push({ ...this.#open, decided });
        this.#open = null;
        return transition;
      },
    };
  }
}

/** A rank computes or commits. */
interface RankStretch {
  readonly rank: number;
  readonly phase: "compute" | "commit";
  readonly from: number;
  readonly to: number;
}

/** Compute and commit of every rank, in order of their beginnings. */
function stretches(changes: readonly PhaseChange[]): RankStretch[] {
  const out: RankStretch[] = [];
  const last = new Map<number, PhaseChange>();
  for (const change of changes) {
    const before = last.get(change.rank);
    last.set(change.rank, change);
    if (before?.phase !== "commit" && before?.phase !== "pre-write") continue;
    const phase = before.phase === "commit" ? "commit" : "compute";
    out.push({ rank: change.rank, phase, from: before.at, to: change.at });
  }
  return out.toSorted((a, b) => a.from - b.from);
}

/** When round `i` ends: with the next request, the last one with its decision. */
function endOf(rounds: readonly RoundTimes[], i: number): number {
  return rounds[i + 1]?.submitted ?? rounds[i]!.decided;
}

/** Phases of every round. */
export function phasesOf(
  rounds: readonly RoundTimes[],
  changes: readonly PhaseChange[],
): RoundPhases[] {
  const all = stretches(changes);
  const ranks = new Set(changes.map(({ rank }) => rank)).size;
  return rounds.map(({ submitted, answered, decided, nativeMs }, i) => {
    const end = endOf(rounds, i);
    const own = all.filter(({ from }) => from >= submitted && from < end);
    const forward = answered - submitted;
    const per = (phase: RankStretch["phase"]) =>
      own.filter((stretch) => stretch.phase === phase)
        .reduce((sum, { from, to }) => sum + (to - from), 0) / ranks;
    const select = decided - answered;
    if (ranks === 0) {
      const host = forward - nativeMs + (end - decided);
      const none = { commit: 0, wait: 0 };
      return { compute: nativeMs, ...none, select, host, native: nativeMs };
    }
    const compute = per("compute"), commit = per("commit");
    return {
      ...{ compute, commit, wait: forward - compute - commit, select },
      ...{ host: end - decided, native: nativeMs },
    };
  });
}

/** Means over rounds. */
export function meanPhases(rounds: readonly RoundPhases[]): RoundPhases {
  const of = (phase: keyof RoundPhases) =>
    mean(rounds.map((round) => round[phase]));
  return {
    ...{ compute: of("compute"), commit: of("commit"), wait: of("wait") },
    ...{ select: of("select"), host: of("host"), native: of("native") },
  };
}

/** Rounds `first` to `first + count - 1` as lanes: the ranks, and the coordinator below them. */
export function timelineOf(
  rounds: readonly RoundTimes[],
  changes: readonly PhaseChange[],
  { first, count }: { readonly first: number; readonly count: number },
): TimelineSpan[] {
  const shown = rounds.slice(first, first + count);
  if (shown.length === 0) return [];
  const zero = shown[0]!.submitted;
  const last = endOf(rounds, first + shown.length - 1);
  const ranks = stretches(changes)
    .filter(({ from }) => from >= zero && from < last)
    .map(({ rank, phase, from, to }): TimelineSpan => ({
      ...{ lane: `rank ${rank}`, phase, from: from - zero, to: to - zero },
    }));
  const single = ranks.length > 0 ? [] : shown.map(
    ({ answered, nativeMs }): TimelineSpan => ({
      ...{ lane: "device", phase: "compute" },
      ...{ from: answered - nativeMs - zero, to: answered - zero },
    }),
  );
  const coordinator = shown.flatMap(
    ({ answered, decided }, i): TimelineSpan[] => {
      const end = endOf(rounds, first + i);
      const lane = "coordinator";
      return [
        { lane, phase: "select", from: answered - zero, to: decided - zero },
        { lane, phase: "host", from: decided - zero, to: end - zero },
      ];
    },
  );
  return [
    ...ranks.toSorted((a, b) => a.lane.localeCompare(b.lane)),
    ...single,
    ...coordinator,
  ];
}
