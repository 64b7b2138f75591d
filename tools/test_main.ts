/**
 * `deno task test [FILE ...]`: the native build, the unit tests and the code blocks of the README, the conformance cases and a
 * minute of fuzzing. With files, these alone. The last line says how many passed and failed; the exit status is 1 when one failed.
 *
 * @module
 */
import { withAssertions } from "./testing/assertions.ts";
import { fuzz } from "./testing/fuzz.ts";
import { build, conformance, units } from "./testing/stages.ts";
import { type Counts, sum } from "./testing/tally.ts";

const STAGES: readonly [name: string, run: () => Promise<Counts>][] = [
  ["native build", build],
  ["unit tests", () => units(["lib", "tools", "README.md"])],
  ["conformance", conformance],
  ["fuzzing", fuzz],
];

async function runStages(): Promise<Counts[]> {
  const all: Counts[] = [];
  for (const [name, run] of STAGES) {
    console.log(`\n--- ${name}`);
    const counts = await run();
    console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed`);
    all.push(counts);
  }
  return all;
}

const files = Deno.args;
const { passed, failed } = sum(
  await withAssertions(async () =>
    files.length > 0 ? [await units(files)] : await runStages()
  ),
);
console.log(`\n${passed} passed, ${failed} failed`);
if (failed > 0) Deno.exit(1);
