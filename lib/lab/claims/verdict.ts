/**
 * Verdicts: a measurement held against a claim. Pure functions of the two.
 *
 * @module
 */
import type { Claim, JudgedClaim, Measurement, TrendShape } from "./types.ts";

/** Whether a measurement bears a claim out, `null` where it cannot tell, and the numbers that decided. */
interface Finding {
  readonly holds: boolean | null;
  readonly reason: string;
}

/** Lets a deviation of exactly the tolerance pass in spite of binary rounding; a tolerance of 0 stays strict. */
const ROUNDING = 1 + 1e-9;

/** A number for people: at most four significant digits. */
export function formatNumber(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

function compareNumbers(claim: Claim, measured: Measurement): Finding {
  const parts = claim.values.map((wanted, i) => {
    const found = measured.values[i]!;
    const allowed = ROUNDING * wanted.tolerance *
      (claim.kind === "exact" ? 1 : Math.abs(wanted.value));
    const holds = Math.abs(found - wanted.value) <= allowed;
    const bound = claim.kind === "exact"
      ? formatNumber(wanted.tolerance)
      : `${formatNumber(100 * wanted.tolerance)}%`;
    return {
      holds,
      reason: `${wanted.name} ${formatNumber(found)} against ${
        formatNumber(wanted.value)
      } ± ${bound}`,
    };
  });
  return {
    holds: parts.every((part) => part.holds),
    reason: parts.map((part) => part.reason).join("; "),
  };
}

function compareRatio(claim: Claim, measured: Measurement): Finding {
  const [wanted] = claim.values;
  const [over, under] = measured.values as [number, number];
  const found = over / under;
  const allowed = ROUNDING * wanted!.tolerance * Math.abs(wanted!.value);
  return {
    holds: Math.abs(found - wanted!.value) <= allowed,
    reason: `ratio ${formatNumber(found)} against ${
      formatNumber(wanted!.value)
    } ± ${formatNumber(100 * wanted!.tolerance)}%`,
  };
}

function compareOrder(claim: Claim, measured: Measurement): Finding {
  const { values, labels } = measured;
  const slack = claim.tolerance ?? 0;
  const broken = values.findIndex((value, i) => {
    const next = values[i + 1];
    if (next === undefined) return false;
    return slack === 0 ? value <= next : value < next * (1 - slack);
  });
  const reason = values.map((value, i) => `${labels[i]} ${formatNumber(value)}`)
    .join(" > ");
  return broken < 0 ? { holds: true, reason } : {
    holds: false,
    reason: `${labels[broken]} ${formatNumber(values[broken]!)} is not above ${
      labels[broken + 1]
    } ${formatNumber(values[broken + 1]!)}`,
  };
}

/**
 * Index of the first number that falls below the highest before it by more than the share `slack`, even at the upper end of
 * its interval; -1 if none.
 */
function firstDip(
  values: readonly number[],
  { upper, slack }: { upper: readonly number[]; slack: number },
): number {
  let highest = -Infinity;
  return values.findIndex((value, i) => {
    const dips = upper[i]! < highest - Math.abs(highest) * slack;
    highest = Math.max(highest, value);
    return dips;
  });
}

/** The numbers of a falling series turned round, so that it rises. */
function upright(claim: Claim, measured: Measurement) {
  const { values, lower = values, upper = values } = measured;
  return claim.shape === "falling"
    ? { values: values.map((v) => -v), upper: lower.map((v) => -v) }
    : { values, upper };
}

function compareTrend(claim: Claim, measured: Measurement): Finding {
  const shape: TrendShape = claim.shape ?? "rising";
  const slack = claim.tolerance ?? 0;
  const { values, upper } = upright(claim, measured);
  const show = (i: number) =>
    `${formatNumber(measured.values.at(i)!)} at ${measured.labels.at(i)}`;
  const dip = firstDip(values, { upper, slack });
  if (dip >= 0) {
    const bound = `${formatNumber(100 * slack)}%`;
    const reason = `${
      show(dip)
    } breaks the ${shape} series by more than ${bound}`;
    return { holds: false, reason };
  }
  const middle = values[(values.length - 1) >> 1]!;
  const ends = `from ${show(0)} to ${show(-1)}`;
  const first = middle - values[0]!, second = values.at(-1)! - middle;
  if (first + second <= 0) return { holds: false, reason: ends };
  if (shape !== "saturating") return { holds: true, reason: ends };
  const reason = `${ends}; gain ${formatNumber(first)} in the first half, ${
    formatNumber(second)
  } in the second`;
  return { holds: second < first, reason };
}

function compareDifference(claim: Claim, measured: Measurement): Finding {
  const { values, labels, lower, upper, unit } = measured;
  const [low, high] = [lower![0]!, upper![0]!];
  const most = claim.tolerance ?? 0;
  const found = `${labels[0]} ${formatNumber(values[0]!)} ${unit} (${
    formatNumber(low)
  } to ${formatNumber(high)})`;
  if (high < 0) return { holds: false, reason: `${found} lies below 0` };
  if (low >= -most) return { holds: true, reason: found };
  return {
    holds: null,
    reason:
      `${found} leaves a loss of more than ${most} open: too few problems`,
  };
}

const COMPARE = {
  exact: compareNumbers,
  relative: compareNumbers,
  ordering: compareOrder,
  ratio: compareRatio,
  trend: compareTrend,
  "not-below": compareDifference,
} as const;

function wantedCount(claim: Claim): number {
  if (claim.kind === "not-below") return 1;
  if (claim.kind === "ratio" || claim.kind === "ordering") return 2;
  return claim.kind === "trend" ? 3 : claim.values.length;
}

function checkMeasurement(claim: Claim, measured: Measurement): void {
  const { values, labels, lower = values, upper = values } = measured;
  const numbers = ["exact", "relative", "not-below"].includes(claim.kind);
  const want = wantedCount(claim);
  const enough = numbers ? values.length === want : values.length >= want;
  const uneven = [labels, lower, upper].some((list) =>
    list.length !== values.length
  );
  if (!enough || uneven) {
    throw new RangeError(
      `Cannot judge "${claim.id}": found ${values.length} values, ${labels.length} labels and ${lower.length} and ${upper.length} ends of intervals, want as many of each, ${
        numbers ? "" : "at least "
      }${want}`,
    );
  }
  if (claim.kind === "not-below" && !(measured.lower && measured.upper)) {
    throw new RangeError(
      `Cannot judge "${claim.id}": found no interval, want both of its ends`,
    );
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new RangeError(
      `Cannot judge "${claim.id}": found ${values[bad]} for ${
        labels[bad]
      }, want a finite number`,
    );
  }
}

/**
 * Judges a claim. Without a measurement the verdict is `not attempted`, with the claim's own reason or that the run lacks the
 * experiment. Throws `RangeError` on a measurement of the wrong length or with a number that is not finite.
 */
export function judge(
  claim: Claim,
  found?: { readonly measurement: Measurement; readonly experiment: string },
): JudgedClaim {
  if (found === undefined) {
    const reason = claim.missing?.reason ??
      "The experiment that measures it has not run, or not all its cells.";
    return { claim, verdict: "not attempted", reason };
  }
  const { measurement, experiment } = found;
  checkMeasurement(claim, measurement);
  const { holds, reason } = COMPARE[claim.kind](claim, measurement);
  const verdict = holds === null
    ? "undecided"
    : holds
    ? "reproduced"
    : "differs";
  return { claim, verdict, reason, measurement, experiment };
}
