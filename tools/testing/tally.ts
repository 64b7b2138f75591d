/**
 * Counts of passed and failed tests of several kinds.
 *
 * @module
 */

/** How one kind of tests came out. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Adds counts up. */
export function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }),
    { passed: 0, failed: 0 },
  );
}

/**
 * Counts of a JUnit report as Deno writes it. `exited` is whether the run ended well: one that did not, and reports no failure of
 * its own, counts as one.
 */
export function junitCounts(xml: string, exited: boolean): Counts {
  const root = xml.match(/<testsuites\b[^>]*>/)?.[0] ?? "";
  const number = (name: string) =>
    Number(root.match(new RegExp(`\\b${name}="(\\d+)"`))?.[1] ?? 0);
  const skipped = [...xml.matchAll(/<skipped\b/g)].length;
  const failed = number("failures") + number("errors");
  return {
    passed: number("tests") - failed - skipped,
    failed: failed === 0 && !exited ? 1 : failed,
  };
}

/** One line that says whether the tests over MPI ran, by the JUnit report of the unit tests. */
export function mpiLine(xml: string): string {
  const cases = [...xml.matchAll(/<testcase name="MPI: [^>]*>(\s*<skipped)?/g)];
  const ran = cases.filter(([, skipped]) => skipped === undefined).length;
  return ran > 0
    ? `MPI tests: ${ran} ran`
    : "MPI tests: SKIPPED, there is no MPI (Debian: apt install libopenmpi-dev openmpi-bin)";
}

/** Counts of a last line `N passed, N failed...`; a run that printed none counts as one failure. */
export function lineCounts(output: string, exited: boolean): Counts {
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  const match = last.match(/^(\d+) passed, (\d+) failed/);
  if (!match) return { passed: 0, failed: 1 };
  const [passed, failed] = [Number(match[1]), Number(match[2])];
  return { passed, failed: failed === 0 && !exited ? 1 : failed };
}
