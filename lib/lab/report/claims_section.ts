/**
 * The claims of the report: what was measured here, then the papers' own numbers item by item.
 *
 * @module
 */
import { countVerdicts, VERDICTS } from "../claims/summary.ts";
import type { JudgedClaim, Verdict } from "../claims/types.ts";
import { formatNumber } from "../claims/verdict.ts";
import type { PaperProvenance } from "../paper.ts";
import { type Html, markup, table } from "./html.ts";

const MARKS: Record<Verdict, string> = {
  reproduced: "✓ reproduced",
  differs: "≠ differs",
  "not attempted": "– not attempted",
};

/** The verdict in words and colour; a trend on models of the kit holds, it does not reproduce a number. */
function badge({ claim, verdict }: JudgedClaim): Html {
  const name = verdict.replace(" ", "-");
  const mark = claim.scope !== "paper" && verdict === "reproduced"
    ? "✓ holds"
    : MARKS[verdict];
  return markup`<span class="verdict ${name}">${mark}</span>`;
}

function paperItem(
  { claim }: JudgedClaim,
  { papers }: PaperProvenance,
): string {
  return `${papers[claim.paper].name} ${claim.item}`;
}

/** The counts in words, e.g. `0 reproduced, 0 differ, 258 not attempted`; for trends on models of the kit `22 hold, ...`. */
export function verdictLine(judged: readonly JudgedClaim[]): string {
  const counts = countVerdicts(judged);
  const own = judged.every(({ claim }) => claim.scope !== "paper");
  return VERDICTS.map((verdict) => {
    const words = verdict === "differs"
      ? "differ"
      : own && verdict === "reproduced"
      ? "hold"
      : verdict;
    return `${counts[verdict]} ${words}`;
  }).join(", ");
}

function trendTable(
  title: string,
  judged: readonly JudgedClaim[],
  provenance: PaperProvenance,
): Html {
  const rows = judged.map((entry) => [
    badge(entry),
    markup`<span id="${entry.claim.id}">${entry.claim.statement}</span>`,
    paperItem(entry, provenance),
    entry.reason,
    entry.measurement?.note ?? "",
  ]);
  return table(
    title,
    ["Verdict", "Claim", "After", "Deciding numbers", "How measured"],
    rows,
  );
}

function paperRow(judged: JudgedClaim) {
  const { claim, reason } = judged;
  const values = claim.values.map(({ name, value, tolerance, unit }) => {
    const bound = claim.kind === "exact"
      ? formatNumber(tolerance)
      : `${formatNumber(100 * tolerance)}%`;
    return `${name} ${value}${unit === "" ? "" : ` ${unit}`} ± ${bound}`;
  });
  const { file, rows } = claim.source!;
  const lines = rows[0] === rows[1] ? rows[0] : `${rows[0]} to ${rows[1]}`;
  return [
    badge(judged),
    markup`<span id="${claim.id}">${claim.statement}</span>`,
    markup`${claim.kind}: ${values.join("; ")}`,
    claim.missing?.needs ?? "",
    reason,
    markup`${file}, row ${lines}`,
  ];
}

function itemDetails(
  judged: readonly JudgedClaim[],
  provenance: PaperProvenance,
): Html {
  const source = provenance.files[judged[0]!.claim.source!.file]!;
  const title = `${paperItem(judged[0]!, provenance)}: ${source.title}`;
  const notes = source.notes.map((note) => markup`<li>${note}</li>`);
  return markup`<details><summary><strong>${title}</strong> — ${
    verdictLine(judged)
  }</summary>
<p>How read: ${source.obtained}. Accuracy: ${
    source.accuracy.replace(/\.$/, "")
  }.</p>
${notes.length === 0 ? "" : markup`<ul>${notes}</ul>`}
${
    table(
      title,
      ["Verdict", "Claim", "Kind and tolerance", "Needs", "Reason", "Data"],
      judged.map(paperRow),
    )
  }</details>\n`;
}

/** The claims, measured ones first. */
export function claimsSection(
  judged: readonly JudgedClaim[],
  provenance: PaperProvenance,
): Html {
  const of = (scope: string) =>
    judged.filter(({ claim }) => claim.scope === scope);
  const [mini, tiny, paper] = [of("mini"), of("tiny"), of("paper")];
  const projected = of("projection");
  const items = Map.groupBy(paper, ({ claim }) => claim.source!.file);
  return markup`<section aria-labelledby="claims"><h2 id="claims">Claims</h2>
<h3>On the models trained here: ${verdictLine(mini)}</h3>
<p>These are the papers' statements about models of a few million parameters, on tasks with right answers. They say nothing about the numbers of 7B models, which follow below.</p>
${trendTable("Claims measured on the models trained here", mini, provenance)}
<h3>On the tiny golden models: ${verdictLine(tiny)}</h3>
<p>The same as trends and identities on tiny models and toy prompts.</p>
${trendTable("Trends measured on the tiny models", tiny, provenance)}
<h3>Projected, not measured: ${verdictLine(projected)}</h3>
<p>Ratios between the papers' printed throughputs, against a cost model of their systems. A claim that holds says that the model explains the ratio.</p>
${trendTable("Ratios against the projection", projected, provenance)}
<h3>The papers' own numbers: ${verdictLine(paper)}</h3>
<p>Every table row and every digitised curve has its claim; one that this release cannot test says what it needs.</p>
${[...items.values()].map((group) => itemDetails(group, provenance))}
</section>`;
}
