import type { GoldenDirectory } from "./directory.ts";
import type { ModelPool } from "./models.ts";
import type { CaseOutcome } from "./outcome.ts";
// deno-lint-ignore require-yield
export async function* samplingCases(
  _d: GoldenDirectory,
  _m: ModelPool,
): AsyncGenerator<CaseOutcome> {}
