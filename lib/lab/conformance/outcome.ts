/**
 * What a conformance case gives: passed, failed with differences, or skipped with a reason.
 *
 * @module
 */

/** One value that is not as recorded. */
export interface Difference {
  /** Where: run, step, field. */
  readonly where: string;
  readonly got: unknown;
  readonly want: unknown;
}

/** The outcome of one case. */
export interface CaseOutcome {
  /** Line of the report that counts it, e.g. `traces/dream-lopa`. */
  readonly group: string;
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Largest distance of a number from the recorded one, where numbers were compared within a tolerance. */
  readonly deviation?: number;
  /** Why the case failed; the first is the one to look at. */
  readonly differences: readonly Difference[];
  /** Something to say about a case that did not fail. */
  readonly note?: string;
}

/** Collects the differences of one case. */
export class Comparison {
  readonly #differences: Difference[] = [];
  #deviation: number | undefined;
  /** Something to say about the case if it passes. */
  note: string | undefined;

  /** The differences so far. */
  get differences(): readonly Difference[] {
    return this.#differences;
  }

  /** Largest distance seen by {@linkcode Comparison.near}. */
  get deviation(): number | undefined {
    return this.#deviation;
  }

  /** Records a difference. */
  differ(where: string, { got, want }: Omit<Difference, "where">): void {
    this.#differences.push({ where, got, want });
  }

  /** Compares JSON values; objects and lists by content. */
  equal(where: string, { got, want }: Omit<Difference, "where">): void {
    if (JSON.stringify(got) !== JSON.stringify(want)) {
      this.differ(where, { got, want });
    }
  }

  /** Compares numbers within an absolute tolerance. */
  near(
    where: string,
    { got, want, tolerance }: {
      readonly got: number;
      readonly want: number;
      readonly tolerance: number;
    },
  ): void {
    const distance = Math.abs(got - want);
    if (!(distance <= tolerance)) this.differ(where, { got, want });
    if (!Number.isNaN(distance)) {
      this.#deviation = Math.max(this.#deviation ?? 0, distance);
    }
  }

  /** Compares lists of numbers within an absolute tolerance; the first number that is off counts as one difference. */
  nearAll(
    where: string,
    { got, want, tolerance }: {
      readonly got: ArrayLike<number>;
      readonly want: ArrayLike<number>;
      readonly tolerance: number;
    },
  ): void {
    if (got.length !== want.length) {
      this.differ(`${where} length`, { got: got.length, want: want.length });
      return;
    }
    let worst = 0, first = -1;
    for (let i = 0; i < want.length; i++) {
      const distance = Math.abs(got[i]! - want[i]!);
      if (distance > worst) worst = distance;
      if (!(distance <= tolerance) && first < 0) first = i;
    }
    this.#deviation = Math.max(this.#deviation ?? 0, worst);
    if (first >= 0) {
      this.differ(`${where}[${first}]`, { got: got[first], want: want[first] });
    }
  }

  /** The outcome: failed if anything differs. */
  outcome(
    { group, name }: { readonly group: string; readonly name: string },
  ): CaseOutcome {
    return {
      group,
      name,
      status: this.#differences.length > 0 ? "failed" : "passed",
      differences: this.#differences,
      ...(this.#deviation === undefined ? {} : { deviation: this.#deviation }),
      ...(this.note === undefined ? {} : { note: this.note }),
    };
  }
}

/** Runs one case; an error that it throws is a difference. */
export async function runCase(
  id: { readonly group: string; readonly name: string },
  body: (check: Comparison) => void | Promise<void>,
): Promise<CaseOutcome> {
  const check = new Comparison();
  try {
    await body(check);
  } catch (error) {
    const got = error instanceof Error
      ? `${error.name}: ${error.message}`
      : String(error);
    check.differ("error", { got, want: "no error" });
  }
  return check.outcome(id);
}
