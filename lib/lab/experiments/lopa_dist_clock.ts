/**
 * Where the time of rounds goes: a clock around model and decoder, and the phases of the ranks between its readings.
 *
 * @module
 */
import type { Decoder } from "../../decoding/types.ts";
import { mean } from "../../metrics/quantile.ts";
import { timeCovered } from "../../metrics/timeline.ts";
import type {
  DiffusionModel,
  ModelSession,
  WorkStretch,
} from "../../model/types.ts";
import type { PhaseChange } from "../../parallel/mod.ts";

/** One round as the coordinator sees it, in milliseconds of `performance.now()`. */
export interface RoundTimes {
  /** The request goes out. */
  readonly submitted: number;
  /** All predictions are there. */
  readonly answered: number;
  /** The decoder has chosen the winner, filled tokens and made the next request. */
  readonly decided: number;
  /** What the devices did. */
  readonly work: readonly WorkStretch[];
}

/** What a round's time goes into, in milliseconds; the sum of all but `gap` is the round. JSON. */
export type RoundPhases = {
  /** Forwards inside the native library, mean over devices; under `two-phase` they stage the rows that are pre-written. */
  readonly compute: number;
  /** Committing rows go to pages of the cache, mean over devices. */
  readonly preWrite: number;
  /** The winner's rows travel and are written, mean over ranks; within `compute` on a single device. */
  readonly commit: number;
  /** For slower devices, messages and threads that wake up, mean over devices. */
  readonly wait: number;
  /** The decoder: winner, fills, next branches. */
  readonly select: number;
  /** Everything else on the way to the next request. */
  readonly host: number;
  /** No device computes, pre-writes or commits. Part of the others. */
  readonly gap: number;
};

/** A stretch of time on one lane of the timeline, in milliseconds from its beginning. JSON. */
export type TimelineSpan = {
  readonly lane: string;
  readonly phase: "compute" | "pre-write" | "commit" | "select" | "host";
  readonly from: number;
  readonly to: number;
};

/** Readings of one decode. */
export class RoundClock {
  #rounds: RoundTimes[] = [];
  #changes: PhaseChange[] = [];
  #open: Omit<RoundTimes, "decided"> | null = null;

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
          ...(session.concurrent ? { concurrent: true } : {}),
          forward: async (request) => {
            const submitted = performance.now();
            const predictions = await session.forward(request);
            const answered = performance.now();
            const { work = [] } = predictions;
            this.#open = { submitted, answered, work };
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

/** A rank commits. */
interface Commit {
  readonly rank: number;
  readonly from: number;
  readonly to: number;
}

/** Commits of every rank, in order of their beginnings. */
function commitsOf(changes: readonly PhaseChange[]): Commit[] {
  const out: Commit[] = [];
  const last = new Map<number, PhaseChange>();
  for (const change of changes) {
    const before = last.get(change.rank);
    last.set(change.rank, change);
    if (before?.phase !== "commit") continue;
    out.push({ rank: change.rank, from: before.at, to: change.at });
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
  const all = commitsOf(changes);
  const ranks = new Set(changes.map(({ rank }) => rank)).size;
  const devices = new Set(
    rounds.flatMap(({ work }) => work.map(({ rank = 0 }) => rank)),
  ).size;
  return rounds.map(({ submitted, answered, decided, work }, i) => {
    const end = endOf(rounds, i);
    const own = all.filter(({ from }) => from >= submitted && from < end);
    const per = (what: WorkStretch["what"]) =>
      lengthOf(work.filter((stretch) => stretch.what === what)) /
      Math.max(1, devices);
    const compute = per("compute"), preWrite = per("pre-write");
    const commit = lengthOf(own) / Math.max(1, ranks);
    const wait = answered - submitted - compute - preWrite - commit;
    const busy = timeCovered([...work, ...own], { from: submitted, to: end });
    return {
      ...{ compute, preWrite, commit, wait, select: decided - answered },
      ...{ host: end - decided, gap: end - submitted - busy },
    };
  });
}

function lengthOf(
  stretches: readonly { readonly from: number; readonly to: number }[],
): number {
  return stretches.reduce((sum, { from, to }) => sum + (to - from), 0);
}

/** Means over rounds. */
export function meanPhases(rounds: readonly RoundPhases[]): RoundPhases {
  const of = (phase: keyof RoundPhases) =>
    mean(rounds.map((round) => round[phase]));
  return {
    ...{ compute: of("compute"), preWrite: of("preWrite") },
    ...{ commit: of("commit"), wait: of("wait"), select: of("select") },
    ...{ host: of("host"), gap: of("gap") },
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
  const several = changes.length > 0;
  const lane = (rank = 0) => several ? `rank ${rank}` : "device";
  const devices = [
    ...shown.flatMap(({ work }) =>
      work.map(({ what, from, to, rank }) => ({ phase: what, from, to, rank }))
    ),
    ...commitsOf(changes).map((commit) => ({
      ...{ phase: "commit" as const, ...commit },
    })),
  ].filter(({ from }) => from >= zero && from < last)
    .toSorted((a, b) => a.from - b.from)
    .map(({ phase, from, to, rank }): TimelineSpan => ({
      ...{ lane: lane(rank), phase, from: from - zero, to: to - zero },
    }));
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
    ...devices.toSorted((a, b) => a.lane.localeCompare(b.lane)),
    ...coordinator,
  ];
}
