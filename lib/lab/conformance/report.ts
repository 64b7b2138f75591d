/**
 * The report: a line per case group, differences of failed cases, and the totals alone on the last line.
 *
 * @module
 */
import type { CaseOutcome, Difference } from "./outcome.ts";

/** Where the report goes. */
export interface ReportSinks {
  /** A line of the report. */
  readonly line: (text: string) => void;
  /** What is under way, for a terminal; absent where there is none. */
  readonly progress?: (text: string) => void;
}

interface GroupCount {
  passed: number;
  failed: number;
  skipped: number;
  deviation: number | undefined;
  readonly failures: CaseOutcome[];
  readonly notes: CaseOutcome[];
}

/** Most failures of a group that are told in detail, and most differences of one case. */
const TOLD = 5, TOLD_DIFFERENCES = 3;

/** Collects outcomes and writes the report as groups end. */
export class Report {
  readonly #sinks: ReportSinks;
  #group: { readonly name: string; readonly count: GroupCount } | undefined;
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  /** Writes to `sinks`. */
  constructor(sinks: ReportSinks) {
    this.#sinks = sinks;
  }

  /** Cases that failed so far. */
  get failed(): number {
    return this.#failed;
  }

  /** Takes the next outcome; outcomes of a group come one after another. */
  add(outcome: CaseOutcome): void {
    if (this.#group?.name !== outcome.group) {
      this.#endGroup();
      this.#group = {
        name: outcome.group,
        count: {
          passed: 0,
          failed: 0,
          skipped: 0,
          deviation: undefined,
          failures: [],
          notes: [],
        },
      };
    }
    const { count } = this.#group;
    count[outcome.status] += 1;
    if (outcome.deviation !== undefined) {
      count.deviation = Math.max(count.deviation ?? 0, outcome.deviation);
    }
    if (outcome.status === "failed") count.failures.push(outcome);
    else if (outcome.note !== undefined) count.notes.push(outcome);
    const done = count.passed + count.failed + count.skipped;
    this.#sinks.progress?.(`${outcome.group}: ${done} cases`);
  }

  /** Begins the part of one directory. */
  directory(path: string): void {
    this.#endGroup();
    this.#sinks.line(path);
  }

  /** Writes the totals; gives whether nothing failed. */
  end(): boolean {
    this.#endGroup();
    this.#sinks.line(
      `${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`,
    );
    return this.#failed === 0;
  }

  #endGroup(): void {
    if (this.#group === undefined) return;
    const { name, count } = this.#group;
    this.#group = undefined;
    this.#passed += count.passed;
    this.#failed += count.failed;
    this.#skipped += count.skipped;
    this.#sinks.progress?.("");
    const parts = [`${count.passed} passed`];
    if (count.failed > 0) parts.push(`${count.failed} failed`);
    if (count.skipped > 0) parts.push(`${count.skipped} skipped`);
    if (count.deviation !== undefined) {
      parts.push(`largest deviation ${count.deviation.toExponential(1)}`);
    }
    this.#sinks.line(`  ${name.padEnd(28)} ${parts.join(", ")}`);
    for (const { name, note } of count.notes) {
      this.#sinks.line(`    ${name}: ${note}`);
    }
    for (const failure of count.failures.slice(0, TOLD)) {
      this.#sinks.line(`    FAILED ${failure.name}`);
      failure.differences.slice(0, TOLD_DIFFERENCES).forEach((difference) =>
        this.#sinks.line(`      ${tell(difference)}`)
      );
    }
    const more = count.failures.length - TOLD;
    if (more > 0) this.#sinks.line(`    and ${more} more failed`);
  }
}

function tell({ where, got, want }: Difference): string {
  return `${where}: got ${shown(got)}, wanted ${shown(want)}`;
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === undefined || text.length <= 400
    ? String(text)
    : `${text.slice(0, 400)}...`;
}
