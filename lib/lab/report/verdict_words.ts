/**
 * Verdicts in words.
 *
 * @module
 */
import { countVerdicts, VERDICTS } from "../claims/summary.ts";
import type { JudgedClaim, Verdict } from "../claims/types.ts";
import { type Html, markup } from "./html.ts";

const MARKS: Record<Verdict, string> = {
  reproduced: "✓ reproduced",
  differs: "≠ differs",
  undecided: "? undecided",
  "not attempted": "– not attempted",
};

/** The verdict in words and colour; a trend on models of the kit holds, it does not reproduce a number. */
export function badge({ claim, verdict }: JudgedClaim): Html {
  const name = verdict.replace(" ", "-");
  const mark = claim.scope !== "paper" && verdict === "reproduced"
    ? "✓ holds"
    : MARKS[verdict];
  return markup`<span class="verdict ${name}">${mark}</span>`;
}

/** The counts in words, e.g. `0 reproduced, 0 differ, 258 not attempted`; for trends on models of the kit `22 hold, ...`. */
export function verdictLine(judged: readonly JudgedClaim[]): string {
  return verdictCounts(judged).join(", ");
}

/** The same, verdict by verdict; `undecided` only where something is. */
export function verdictCounts(judged: readonly JudgedClaim[]): string[] {
  const counts = countVerdicts(judged);
  const own = judged.every(({ claim }) => claim.scope !== "paper");
  const shown = VERDICTS.filter((verdict) =>
    verdict !== "undecided" || counts[verdict] > 0
  );
  return shown.map((verdict) => {
    const words = verdict === "differs"
      ? "differ"
      : own && verdict === "reproduced"
      ? "hold"
      : verdict;
    return `${counts[verdict]} ${words}`;
  });
}
