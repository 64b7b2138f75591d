/**
 * Which adapter of a training is kept: the one that answers best at the same number of passes. Entropy pressure keeps lowering
 * passes while answers get worse, so neither the last adapter nor the fastest one is the one to keep.
 *
 * @module
 */

/** One adapter at one threshold on the development problems. */
export interface DevPoint {
  /** Steps that it was trained for; 0 for the base. */
  readonly step: number;
  readonly threshold: number;
  /** Number of problems. */
  readonly problems: number;
  /** Mean forwards until an answer is known. */
  readonly passes: number;
  /** Their standard deviation over the problems. */
  readonly deviation: number;
  /** Share of right answers. */
  readonly right: number;
}

/** An adapter's place in the comparison. */
export interface MatchedAdapter {
  readonly step: number;
  /** Share of right answers at the budget, between the two nearest thresholds; `null`: it never gets that fast. */
  readonly right: number | null;
  /** Passes at the operating threshold. */
  readonly passes: number;
}

/** The choice and what it was made from. */
export interface Selection {
  /** Step of the adapter that is kept. */
  readonly step: number;
  /** Passes at which adapters were compared. */
  readonly budget: number;
  /** Every adapter, in order of steps. */
  readonly compared: readonly MatchedAdapter[];
}

/**
 * Chooses among the adapters of a training.
 *
 * @param points Of the base (step 0) and of every adapter, at each threshold.
 * @param options `speedup`: the budget is the base's passes at the `operating` threshold divided by it.
 * @throws {RangeError} When base or adapters are missing.
 */
export function selectAdapter(
  points: readonly DevPoint[],
  { speedup, operating }: {
    readonly speedup: number;
    readonly operating: number;
  },
): Selection {
  const at = (step: number) =>
    points.find((point) => point.step === step && point.threshold === operating)
      ?.passes;
  const base = at(0);
  const steps = [...new Set(points.map(({ step }) => step))]
    .filter((step) => step > 0).sort((a, b) => a - b);
  if (base === undefined || steps.length === 0) {
    throw new RangeError(
      `${points.length} points of steps ${
        steps.join(", ") || "none"
      } are given; those of the base and of one adapter at threshold ${operating} are wanted`,
    );
  }
  const budget = base / speedup;
  const compared = steps.map((step): MatchedAdapter => ({
    step,
    right: rightAt(points.filter((point) => point.step === step), budget),
    passes: at(step) ?? Infinity,
  }));
  const [best] = compared.toSorted((a, b) =>
    (b.right ?? -1) - (a.right ?? -1) || a.passes - b.passes || a.step - b.step
  );
  return { step: best!.step, budget, compared };
}

/** Share right at a number of passes: linear between neighbours, that of the slowest point where all are faster. */
export function rightAt(
  points: readonly Pick<DevPoint, "passes" | "right">[],
  budget: number,
): number | null {
  const sorted = points.toSorted((a, b) => a.passes - b.passes);
  const above = sorted.findIndex(({ passes }) => passes >= budget);
  if (above < 0) return sorted.at(-1)?.right ?? null;
  const slow = sorted[above]!;
  if (slow.passes === budget) return slow.right;
  const fast = sorted[above - 1];
  if (fast === undefined) return null;
  const share = (budget - fast.passes) / (slow.passes - fast.passes);
  return fast.right + share * (slow.right - fast.right);
}
