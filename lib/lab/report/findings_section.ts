/**
 * The first thing that a reader sees: how many claims hold, which do not, and what the others say with their numbers.
 *
 * @module
 */
import type { Mode } from "../cell.ts";
import type { Claim, JudgedClaim } from "../claims/types.ts";
import { type Html, markup } from "./html.ts";
import { verdictCounts } from "./verdict_words.ts";

const SCOPES: readonly (readonly [Claim["scope"], string])[] = [
  ["mini", "statements on the models trained here"],
  ["tiny", "trends and identities on tiny golden models"],
  ["projection", "the papers' ratios against a projection, not a measurement"],
  ["paper", "the papers' own numbers, on their models and machines"],
];

/** What a reader has to know of a mode before the verdicts. */
const NOTES: Partial<Record<Mode, string>> = {
  quick:
    "A quick run shows that everything works. Its cells have a dozen problems or fewer, so that its numbers and verdicts decide little; the intervals say how little.",
};

function tile(
  judged: readonly JudgedClaim[],
  [scope, words]: (typeof SCOPES)[number],
): Html {
  const own = judged.filter(({ claim }) => claim.scope === scope);
  if (own.length === 0) return markup``;
  const [holds, ...others] = verdictCounts(own);
  return markup`<li><a href="#claims-${scope}"><strong>${holds!}</strong></a>${
    others.join(", ")
  }: ${words}</li>\n`;
}

/** `dream-mini on gsm-mini: TPF rises.` as place and statement; without a place the first is empty. */
function placed({ statement }: Claim): readonly [string, string] {
  const [, place, rest] = /^([^:]{1,60}): (.+)$/s.exec(statement) ?? [];
  return place === undefined ? ["", statement] : [place, rest!];
}

/** Each statement once, with the numbers of every place below it. */
function statements(judged: readonly JudgedClaim[]): Html {
  const groups = Map.groupBy(judged, ({ claim }) => placed(claim)[1]);
  const items = [...groups].map(([statement, group]) => {
    const places = group.map(({ claim, reason }) => {
      const [place] = placed(claim);
      return markup`<li><a href="#${claim.id}">${
        place || "numbers"
      }</a>: ${reason}</li>`;
    });
    return markup`<li>${statement}<ul>${places}</ul></li>\n`;
  });
  return markup`<ul class="findings">${items}</ul>`;
}

/** How many statements wait for what; models and machines that are missing are named in the claims. */
function waiting(judged: readonly JudgedClaim[]): Html {
  const groups = Map.groupBy(
    judged.filter(({ claim, verdict }) =>
      claim.scope === "mini" && verdict === "not attempted"
    ),
    ({ reason }) => reason,
  );
  if (groups.size === 0) return markup``;
  const items = [...groups].toSorted(([, a], [, b]) => b.length - a.length)
    .map(([reason, group]) => markup`<li>${group.length}: ${reason}</li>\n`);
  const count = [...groups.values()].flat().length;
  return markup`<details><summary>${count} statements on models trained here are not attempted: what they need</summary><ul>${items}</ul></details>`;
}

/** What was found, with the lead figure as its picture. */
export function findingsSection(
  judged: readonly JudgedClaim[],
  { mode, lead }: { readonly mode: Mode; readonly lead: Html },
): Html {
  const note = NOTES[mode];
  const differing = judged.filter(({ verdict }) => verdict === "differs");
  const undecided = judged.filter(({ verdict }) => verdict === "undecided");
  const holding = judged.filter(({ claim, verdict }) =>
    claim.scope === "mini" && verdict === "reproduced"
  );
  return markup`<section aria-labelledby="findings"><h2 id="findings">What was found</h2>
${note === undefined ? "" : markup`<p class="note">${note}</p>`}
<ul class="tiles">${SCOPES.map((scope) => tile(judged, scope))}</ul>
${
    differing.length === 0
      ? ""
      : markup`<h3>What does not hold</h3>${statements(differing)}`
  }
${
    holding.length === 0
      ? ""
      : markup`<h3>What holds on the models trained here</h3>${
        statements(holding)
      }`
  }
${
    undecided.length === 0
      ? ""
      : markup`<h3>What these problems are too few to decide</h3>${
        statements(undecided)
      }`
  }
${lead}
${waiting(judged)}
</section>`;
}
