import { assertEquals, assertRejects } from "@std/assert";
import { conformance } from "../conformance_main.ts";
import type { CaseOutcome } from "./outcome.ts";
import { Comparison, runCase } from "./outcome.ts";
import { Report } from "./report.ts";

function outcome(given: Partial<CaseOutcome>): CaseOutcome {
  return { group: "g", name: "n", status: "passed", differences: [], ...given };
}

function report(outcomes: readonly CaseOutcome[]): [string[], boolean] {
  const lines: string[] = [];
  const written = new Report({ line: (text) => lines.push(text) });
  written.directory("somewhere");
  for (const one of outcomes) written.add(one);
  return [lines, written.end()];
}

Deno.test("Report: a line per group with counts and largest deviation, the totals alone on the last line", () => {
  const [lines, good] = report([
    outcome({ group: "a", deviation: 1e-6 }),
    outcome({ group: "a", deviation: 2.5e-5 }),
    outcome({ group: "b", note: "fragile" }),
    outcome({ group: "c", status: "skipped" }),
  ]);
  assertEquals(lines, [
    "somewhere",
    "  a                            2 passed, largest deviation 2.5e-5",
    "  b                            1 passed",
    "    n: fragile",
    "  c                            0 passed, 1 skipped",
    "3 passed, 0 failed, 1 skipped",
  ]);
  assertEquals(good, true);
});

Deno.test("Report: failures are told with where, got and wanted, the many in short", () => {
  const differences = [1, 2, 3, 4].map((n) => ({
    where: `step ${n}`,
    got: [n],
    want: "x".repeat(500),
  }));
  const failed = outcome({ status: "failed", differences });
  const [lines, good] = report(Array(7).fill(failed));
  assertEquals(good, false);
  assertEquals(lines[1], "  g                            0 passed, 7 failed");
  assertEquals(lines[2], "    FAILED n");
  assertEquals(lines[3], `      step 1: got [1], wanted ${"x".repeat(400)}...`);
  assertEquals(lines.filter((line) => line === "    FAILED n").length, 5);
  assertEquals(lines.filter((line) => line.includes("step 4")).length, 0);
  assertEquals(lines.at(-2), "    and 2 more failed");
  assertEquals(lines.at(-1), "0 passed, 7 failed, 0 skipped");
});

Deno.test("Comparison: NaN is far from everything, lengths count, content decides", () => {
  const check = new Comparison();
  check.near("a", { got: 1, want: 1.5, tolerance: 0.5 });
  check.nearAll("b", { got: [1, 2], want: [1, 2.25], tolerance: 0.25 });
  check.equal("c", { got: { x: [1] }, want: { x: [1] } });
  assertEquals(check.differences, []);
  assertEquals(check.deviation, 0.5);
  check.near("d", { got: NaN, want: 1, tolerance: 9 });
  check.nearAll("e", { got: [NaN], want: [1], tolerance: 9 });
  check.nearAll("f", { got: [1], want: [1, 2], tolerance: 9 });
  check.equal("g", { got: [1], want: [2] });
  assertEquals(
    check.differences.map(({ where }) => where),
    ["d", "e[0]", "f length", "g"],
  );
});

Deno.test("runCase: an error that the case throws is a difference", async () => {
  const failed = await runCase({ group: "g", name: "n" }, () => {
    throw new RangeError("too far");
  });
  assertEquals([failed.status, failed.differences[0]!.got], [
    "failed",
    "RangeError: too far",
  ]);
});

Deno.test("conformance: an option that is not known is refused", async () => {
  await assertRejects(
    () => conformance(["--fast", "x"]),
    TypeError,
    "unknown option --fast",
  );
});
