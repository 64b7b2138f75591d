/**
 * The claims of the report: what was measured here, then the papers' own numbers item by item.
 *
 * @module
 */
import type { JudgedClaim, Verdict } from "../claims/types.ts";
import { formatNumber } from "../claims/verdict.ts";
import type { PaperProvenance } from "../paper.ts";
import { type Html, markup, table } from "./html.ts";
import { badge, verdictLine } from "./verdict_words.ts";

function paperItem(
  { claim }: JudgedClaim,
  { papers }: PaperProvenance,
): string {
  return `${papers[claim.paper].name} ${claim.item}`;
}

/** Claims that were tested, those that differ first; then, folded, what the others need. */
function trends(
  title: string,
  judged: readonly JudgedClaim[],
  provenance: PaperProvenance,
): Html {
  const of = (...verdicts: readonly Verdict[]) =>
    judged.filter(({ verdict }) => verdicts.includes(verdict));
  const tested = (["differs", "undecided", "reproduced"] as const)
    .flatMap((verdict) => of(verdict));
  const open = of("not attempted");
  const start = (entry: JudgedClaim) => [
    badge(entry),
    markup`<span id="${entry.claim.id}">${entry.claim.statement}</span>`,
    paperItem(entry, provenance),
    entry.reason,
  ];
  const shown = tested.length === 0 ? "" : table(
    title,
    ["Verdict", "Claim", "After", "Deciding numbers", "How measured"],
    tested.map((entry) => [...start(entry), entry.measurement?.note ?? ""]),
  );
  const folded = open.length === 0
    ? ""
    : markup`<details><summary>${open.length} not attempted</summary>${
      table(
        `${title}: not attempted`,
        ["Verdict", "Claim", "After", "Why"],
        open.map(start),
      )
    }</details>`;
  return markup`${shown}${folded}`;
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
<h3 id="claims-mini">On the models trained here: ${verdictLine(mini)}</h3>
<p>These are the papers' statements about models of a few million parameters, on tasks with right answers. They say nothing about the numbers of 7B models, which follow below.</p>
${trends("Claims measured on the models trained here", mini, provenance)}
<h3 id="claims-tiny">On the tiny golden models: ${verdictLine(tiny)}</h3>
<p>The same as trends and identities on tiny models and toy prompts.</p>
${trends("Trends measured on the tiny models", tiny, provenance)}
<h3 id="claims-projection">Projected, not measured: ${
    verdictLine(projected)
  }</h3>
<p>Ratios between the papers' printed throughputs, against a cost model of their systems. A claim that holds says that the model explains the ratio.</p>
${trends("Ratios against the projection", projected, provenance)}
<h3 id="claims-paper">The papers' own numbers: ${verdictLine(paper)}</h3>
<p>Every table row and every digitised curve has its claim; one that this release cannot test says what it needs.</p>
${[...items.values()].map((group) => itemDetails(group, provenance))}
</section>`;
}
