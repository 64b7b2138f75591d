/**
 * What the results say about dParallel's claims.
 *
 * @module
 */
import {
  DPARALLEL_PLACES,
  dparallelClaimId,
  type DparallelClaimPlace,
  WANTED_FACTOR,
} from "../claims/dparallel_claims.ts";
import type { Measurement } from "../claims/types.ts";
import type { ProbeSums } from "../evaluation/probe_sums.ts";
import { overconfidence } from "../../metrics/calibration.ts";
import type { StudentCell } from "./dparallel.ts";
import { OPERATING_CONFIDENCE, OPERATING_ENTROPY } from "./dparallel_grid.ts";
import {
  passFactor,
  type StudentSummary,
  studentSummary,
  summariseStudents,
} from "./dparallel_rows.ts";

type Found = Omit<Measurement, "claim" | "note"> & { readonly what: string };

/** What a reader of a claim may look at. */
interface Place extends DparallelClaimPlace {
  readonly cells: readonly StudentCell[];
  readonly summaries: readonly StudentSummary[];
}

/** The sampler under which models are compared, by name. */
export const ENTROPY_METHOD = `entropy-${OPERATING_ENTROPY}`;

/** The baseline by confidence. */
export const CONFIDENCE_METHOD = `confidence-${OPERATING_CONFIDENCE}`;

function find(
  { family, task, summaries }: Place,
  end: string,
  method = ENTROPY_METHOD,
): StudentSummary | undefined {
  const model = end === "base"
    ? `${family}-mini`
    : `dparallel-${family}-mini${end}`;
  return studentSummary(summaries, { model, task, method });
}

/** The factor of passes of the first over the second, against a bound. */
function factor(
  first: StudentSummary | undefined,
  second: StudentSummary | undefined,
  { bound, from }: {
    readonly bound: number;
    /** Which number must reach the bound. */
    readonly from: "factor" | "low";
  },
): Found | null {
  if (first === undefined || second === undefined) return null;
  const { factor, interval, problems } = passFactor(first, second);
  return {
    values: [from === "low" ? interval.low : factor, bound],
    labels: [
      from === "low" ? "lower end of the factor" : "factor of passes",
      `wanted ${bound}`,
    ],
    unit: "",
    what: `${problems} problems; ${second.model} ${second.method} takes ${
      fixed(second.settled)
    } passes, ${first.model} ${first.method} ${fixed(first.settled)}: factor ${
      fixed(factor)
    } (${fixed(interval.low)} to ${fixed(interval.high)})`,
  };
}

/** The paired difference of scores, or that it is below 0. */
function difference(
  first: StudentSummary | undefined,
  second: StudentSummary | undefined,
  { wanted }: { readonly wanted: "not below" | "below" },
): Found | null {
  if (first === undefined || second === undefined) return null;
  const { scores, problems } = passFactor(first, second);
  const { difference, low, high } = scores.accuracy;
  const decides = wanted === "below"
    ? {
      values: [0, 100 * high],
      labels: ["no difference", "upper end of the difference"],
    }
    : {
      values: [100 * difference],
      ...{ lower: [100 * low], upper: [100 * high] },
      labels: [`${first.model} against ${second.model}`],
    };
  return {
    ...decides,
    unit: "points",
    what: `${problems} problems; ${first.model} minus ${second.model}: ${
      fixed(100 * difference)
    } points (${fixed(100 * low)} to ${fixed(100 * high)})`,
  };
}

function sampler(place: Place): Found | null {
  const before = find(place, "base", CONFIDENCE_METHOD);
  const control = find(place, "base"), trained = find(place, "");
  if (!before || !control || !trained) return null;
  const factors = [trained, control].map((after) => passFactor(after, before));
  return {
    values: factors.map(({ factor }) => factor),
    labels: ["distilled, by entropy", "base, by entropy"],
    unit: "",
    what:
      `${before.score.problems} problems; factors of passes against ${before.model} by confidence (${
        fixed(before.settled)
      } passes)`,
  };
}

function fewest(
  place: Place,
  [fast, slow]: readonly [string, string],
): Found | null {
  const found = [find(place, slow), find(place, fast)];
  if (!found[0] || !found[1]) return null;
  return {
    values: found.map((summary) => summary!.settled),
    labels: found.map((summary) => summary!.model),
    unit: "passes",
    what: `${found[0].score.problems} problems, passes until answers are known`,
  };
}

function probes(
  { cells, family, task }: Place,
  value: (sums: ProbeSums) => number | null,
  words: readonly [base: string, student: string],
): Found | null {
  const of = (model: string) =>
    cells.find(({ plan: { parameters } }) =>
      parameters.kind === "probe" && parameters.model === model &&
      parameters.task === task
    );
  const found = [of(`dparallel-${family}-mini`), of(`${family}-mini`)];
  const values = found.map((cell) =>
    cell?.result.probe ? value(cell.result.probe.shown) : null
  );
  if (values.includes(null)) return null;
  return {
    values: values as number[],
    labels: [words[1], words[0]],
    unit: "",
    what: `${
      found[0]!.plan.parameters.count
    } problems, in the states that the base decodes through`,
  };
}

/** Share of entered positions above 0.9. */
export function sureShare(histogram: readonly number[]): number | null {
  const total = histogram.reduce((a, b) => a + b, 0);
  const from = Math.round(0.9 * histogram.length);
  const sure = histogram.slice(from).reduce((a, b) => a + b, 0);
  return total === 0 ? null : sure / total;
}

/** Tokens per forward of the method with the most lookaheads that ran, and of the one without. */
function lookahead(place: Place): Found | null {
  const { summaries, family, task } = place;
  const model = `dparallel-${family}-mini`;
  const most = summaries.findLast((row) =>
    row.model === model && row.task === task &&
    row.method.startsWith("window-lopa-")
  );
  const plain = find(place, "", CONFIDENCE_METHOD);
  if (!most || !plain) return null;
  const problems = most.score.problems;
  return {
    values: [most.settledTpf, tpfOf(plain, problems)],
    labels: [most.method, plain.method],
    unit: "tokens/forward",
    what: `${problems} problems, forwards until answers are known`,
  };
}

function tpfOf({ rows }: StudentSummary, problems: number): number {
  const first = rows.slice(0, problems);
  return first.reduce((sum, { tokens }) => sum + tokens, 0) /
    first.reduce((sum, { settled }) => sum + settled, 0);
}

function d2f({ summaries, family, task }: Place): Found | null {
  const of = (model: string, prefix: string) =>
    summaries.findLast((row) =>
      row.model === model && row.task === task && row.method.startsWith(prefix)
    );
  const both = of(`dparallel-d2f-${family}-mini`, "lopa-");
  const alone = [
    of(`dparallel-d2f-${family}-mini`, "d2f"),
    of(`d2f-${family}-mini`, "lopa-"),
  ];
  if (!both || !alone[0] || !alone[1]) return null;
  const sorted = (alone as StudentSummary[]).toSorted((a, b) =>
    b.score.tpf - a.score.tpf
  );
  return {
    values: [both, sorted[0]!].map(({ score }) => score.tpf),
    labels: [both, sorted[0]!].map(({ model, method }) => `${model} ${method}`),
    unit: "tokens/forward",
    what: `${both.score.problems} problems; the other alone ${
      fixed(sorted[1]!.score.tpf)
    }`,
  };
}

const READ: Readonly<Record<string, (place: Place) => Found | null>> = {
  "fewer-passes": (place) =>
    factor(find(place, ""), find(place, "base"), {
      ...{ bound: WANTED_FACTOR, from: "factor" },
    }),
  "keeps-score": (place) =>
    difference(find(place, ""), find(place, "base"), { wanted: "not below" }),
  "more-than-the-sampler": sampler,
  "consistency-slower": (place) =>
    factor(find(place, ""), find(place, "-consistency"), {
      ...{ bound: 1, from: "low" },
    }),
  "certainty-fast": (place) => fewest(place, ["-certainty", ""]),
  "certainty-wrong": (place) =>
    difference(find(place, "-certainty"), find(place, ""), { wanted: "below" }),
  "blocks-matter": (place) => fewest(place, ["", "-unblocked"]),
  "sure-at-entry": (place) =>
    probes(place, ({ entry }) => sureShare(entry), [
      "share above 0.9, base",
      "share above 0.9, distilled",
    ]),
  "confidence-before-accuracy": (place) =>
    probes(place, ({ calibration }) => overconfidence(calibration), [
      "confidence less share right, base",
      "the same, distilled",
    ]),
  "lookahead-compounds": lookahead,
  "d2f-compounds": d2f,
};

function fixed(value: number): string {
  return value.toFixed(2);
}

/** Measurements for all claims whose cells are there. */
export function measureStudents(
  cells: readonly StudentCell[],
): readonly Measurement[] {
  const summaries = summariseStudents(cells);
  return DPARALLEL_PLACES.flatMap((place) => {
    const found = READ[place.name]!({ ...place, cells, summaries });
    if (found === null || !found.values.every(Number.isFinite)) return [];
    const { what, ...numbers } = found;
    const note =
      `${place.family}-mini on ${place.task}, bf16, test split: ${what}.`;
    return [{ claim: dparallelClaimId(place), ...numbers, note }];
  });
}
