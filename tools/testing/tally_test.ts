import { assertEquals, assertStringIncludes } from "@std/assert";
import { junitCounts, lineCounts, mpiLine, sum } from "./tally.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="5" failures="1" errors="0" time="0.1">
    <testsuite name="a_test.ts" tests="5" disabled="0" errors="0" failures="1">
        <testcase name="skipped one"><skipped/></testcase>
    </testsuite>
</testsuites>`;

Deno.test("junitCounts() leaves out skipped tests", () => {
  assertEquals(junitCounts(REPORT, false), { passed: 3, failed: 1 });
});

Deno.test("junitCounts() counts a run that ended badly without saying why", () => {
  const clean = REPORT.replace('failures="1"', 'failures="0"');
  assertEquals(junitCounts(clean, true), { passed: 4, failed: 0 });
  assertEquals(junitCounts(clean, false), { passed: 4, failed: 1 });
  assertEquals(junitCounts("", false), { passed: 0, failed: 1 });
});

Deno.test("lineCounts() reads the last line only", () => {
  const text = "1 passed, 9 failed\nmore\n12 passed, 3 failed, 4 skipped\n";
  assertEquals(lineCounts(text, false), { passed: 12, failed: 3 });
  assertEquals(lineCounts("12 passed, 0 failed", false).failed, 1);
  assertEquals(lineCounts("done", true), { passed: 0, failed: 1 });
});

Deno.test("sum() adds passed and failed", () => {
  const all = [{ passed: 1, failed: 2 }, { passed: 3, failed: 4 }];
  assertEquals(sum(all), { passed: 4, failed: 6 });
  assertEquals(sum([]), { passed: 0, failed: 0 });
});

Deno.test("mpiLine() says how many tests over MPI ran, or that none did", () => {
  const ran = '<testcase name="MPI: one" time="1">\n </testcase>';
  const skipped = '<testcase name="MPI: two" time="0">\n <skipped/></testcase>';
  assertEquals(mpiLine(ran + skipped + ran + REPORT), "MPI tests: 2 ran");
  assertStringIncludes(mpiLine(skipped + REPORT), "MPI tests: SKIPPED");
});
