/**
 * How sure models are when a block is entered, and how right: shares and calibration with intervals over problems.
 *
 * @module
 */
import {
  bootstrapStatistics,
  type SumsStatistic,
} from "../../metrics/bootstrap.ts";
import type { Interval } from "../../metrics/interval.ts";
import {
  type DecodeProbe,
  PROBE_BINS,
  type ProbeSums,
} from "../evaluation/probe_sums.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";

const B = PROBE_BINS;

/** Columns of a decode: entries, those behind the answer, then predictions, their confidences and how many are right, by bin. */
function columnsOf({ entry, entryBehind, calibration }: DecodeProbe): number[] {
  return [
    ...entry,
    ...entryBehind,
    ...calibration.map(({ count }) => count),
    ...calibration.map(({ confidence }) => confidence),
    ...calibration.map(({ right }) => right),
  ];
}

/** Where each kind of column begins. */
const ENTRY = 0, BEHIND = B, COUNT = 2 * B, CONFIDENCE = 3 * B, RIGHT = 4 * B;

/** Bins whose confidences are 0.9 or more. */
const SURE = Math.round(0.9 * B);

type Sums = ArrayLike<number>;

function over(sums: Sums, first: number, from = 0): number {
  let total = 0;
  for (let bin = from; bin < B; bin++) total += sums[first + bin]!;
  return total;
}

/** Numbers of the calibration table. */
const SCALARS = {
  mean_confidence: (sums) => over(sums, CONFIDENCE) / over(sums, COUNT),
  share_right: (sums) => over(sums, RIGHT) / over(sums, COUNT),
  overconfidence: (sums) =>
    (over(sums, CONFIDENCE) - over(sums, RIGHT)) / over(sums, COUNT),
  ece: (sums) => {
    let error = 0;
    for (let bin = 0; bin < B; bin++) {
      error += Math.abs(sums[CONFIDENCE + bin]! - sums[RIGHT + bin]!);
    }
    return error / over(sums, COUNT);
  },
  sure_at_entry: (sums) => over(sums, ENTRY, SURE) / over(sums, ENTRY),
  sure_at_entry_behind: (sums) => over(sums, BEHIND, SURE) / over(sums, BEHIND),
} satisfies Record<string, SumsStatistic>;

/** A number of the calibration table. */
export type ProbeScalar = keyof typeof SCALARS;

/** A statistic with its 95% bootstrap interval over problems; `null` where nothing was predicted. */
export type Estimated =
  | (Interval & { readonly value: number })
  | null;

/** Numbers of a probe. */
export interface ProbeNumbers {
  readonly scalars: Readonly<Record<ProbeScalar, Estimated>>;
  /** Share of the entered positions in each bin, in blocks of the answer and behind it. */
  readonly entry: readonly Estimated[];
  readonly behind: readonly Estimated[];
  /** Share right in each bin. */
  readonly right: readonly Estimated[];
}

const known = new WeakMap<ProbeSums, ProbeNumbers>();

/** All numbers of a probe. */
export function probeNumbers(probe: ProbeSums): ProbeNumbers {
  const before = known.get(probe);
  if (before !== undefined) return before;
  const bins = Array.from({ length: B }, (_, bin) => bin);
  const statistics: Record<string, SumsStatistic> = { ...SCALARS };
  for (const bin of bins) {
    statistics[`entry ${bin}`] = (sums) =>
      sums[ENTRY + bin]! / over(sums, ENTRY);
    statistics[`behind ${bin}`] = (sums) =>
      sums[BEHIND + bin]! / over(sums, BEHIND);
    statistics[`right ${bin}`] = (sums) =>
      sums[RIGHT + bin]! / sums[COUNT + bin]!;
  }
  const intervals = bootstrapStatistics(probe.decodes.map(columnsOf), {
    ...{ seed: SCORE_SEED, statistics },
  });
  const total = Float64Array.from(columnsOf(probe));
  const estimated = (name: string): Estimated => {
    const value = statistics[name]!(total);
    return Number.isNaN(value) ? null : { value, ...intervals[name]! };
  };
  const scalars = Object.fromEntries(
    Object.keys(SCALARS).map((name) => [name, estimated(name)]),
  ) as Record<ProbeScalar, Estimated>;
  const made = {
    scalars,
    entry: bins.map((bin) => estimated(`entry ${bin}`)),
    behind: bins.map((bin) => estimated(`behind ${bin}`)),
    right: bins.map((bin) => estimated(`right ${bin}`)),
  };
  known.set(probe, made);
  return made;
}
