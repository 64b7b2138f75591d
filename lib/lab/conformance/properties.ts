import type { CaseOutcome } from "./outcome.ts";
// deno-lint-ignore require-yield
export async function* propertyCases(): AsyncGenerator<CaseOutcome> {}
