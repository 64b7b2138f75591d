/**
 * The report: one HTML file that needs no network and no script. Claims come first, then the figures beside the papers'
 * values, then raw rows, and at the end what produced it all.
 *
 * @module
 */
import { cellText } from "../../figures/readable.ts";
import { prettyJson } from "../json.ts";
import { claimsSection } from "./claims_section.ts";
import { findingsSection } from "./findings_section.ts";
import { Html, markup, table } from "./html.ts";
import { STYLE } from "./style.ts";
import { embedSvg } from "./svg.ts";
import type { ReportData, ReportFigure, ReportTable } from "./types.ts";

/** Rows of a raw table shown in the page; the CSV files have all. */
const ROWS_SHOWN = 200;

function figureHtml(figure: ReportFigure): Html {
  const { id, title, description, svg, csv } = figure;
  return markup`<figure id="figure-${id}"><h3>${title}</h3>
<div class="drawing">${embedSvg(svg, figure)}</div>
<figcaption>${description}</figcaption>
<details><summary>Plotted numbers (CSV)</summary><pre>${csv}</pre></details>
</figure>
`;
}

function tableHtml({ name, rows }: ReportTable): Html {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const numbers = new Set(
    columns.filter((column) =>
      rows.some((row) => typeof row[column] === "number")
    ),
  );
  const shown = rows.slice(0, ROWS_SHOWN).map((row) =>
    columns.map((column) => cellText(row[column]))
  );
  const more = rows.length > ROWS_SHOWN
    ? ` (the first ${ROWS_SHOWN} of ${rows.length}; all in ${name}.csv)`
    : "";
  return markup`<details><summary>${name}: ${rows.length} rows</summary>
${table(name + more, columns, shown, { numbers })}</details>\n`;
}

/** Figures that may lead the report, the best first. */
const LEADS = ["lopa-fig4", "tpf-scaling"];

/** All figures but the one that leads, with their list. */
function figuresSection(figures: readonly ReportFigure[]): Html {
  const contents = figures.map(({ id, title }) =>
    markup`<li><a href="#figure-${id}">${title}</a></li>`
  );
  return markup`<section aria-labelledby="figures"><h2 id="figures">Figures</h2>
<ul class="contents">${contents}</ul>
${figures.map(figureHtml)}</section>`;
}

function provenanceSection({ manifest, provenance }: ReportData): Html {
  const { git, library, machine, runtime } = manifest;
  const words = (value: unknown) =>
    typeof value === "string" ? value : JSON.stringify(value);
  const commit = "unavailable" in git
    ? `unavailable: ${git.unavailable}`
    : git.commit + (git.dirty ? " with local changes" : "");
  const facts: [string, string][] = [
    ["Mode", manifest.mode],
    ["Commit", commit],
    ["Started, ended", `${manifest.started}, ${manifest.ended}`],
    [
      "Runtime",
      `Deno ${runtime.deno}, V8 ${runtime.v8}, TypeScript ${runtime.typescript}`,
    ],
    [
      "Machine",
      `${machine.os} ${machine.arch}, ${
        words(machine.cpu)
      }, ${machine.cores} processors`,
    ],
    ["Native library", words(library)],
    ...manifest.experiments.map(({ id, made, computed, reused }) =>
      [
        `Cells of ${id}`,
        `${computed} computed, ${reused} from the store; made by ${
          made.map(words).join(" and ") || "unknown"
        }`,
      ] as [string, string]
    ),
  ];
  const papers = Object.values(provenance.papers).map(({ name, arxiv }) =>
    markup`<li>${name}: arXiv ${arxiv}</li>`
  );
  return markup`<section aria-labelledby="provenance"><h2 id="provenance">Provenance</h2>
${table("What produced this report", ["Fact", "Value"], facts)}
<details><summary>Whole manifest</summary><pre>${
    prettyJson(manifest)
  }</pre></details>
<h3>Papers</h3><ul>${papers}</ul>
</section>`;
}

/** Writes the report. The same data give the same bytes. Throws `TypeError` on a drawing that runs or loads something. */
export function buildReport(data: ReportData): string {
  const { manifest, judged, figures, tables, provenance } = data;
  const leading =
    LEADS.flatMap((id) => figures.find((figure) => figure.id === id) ?? [])[0];
  const lead = leading === undefined ? markup`` : figureHtml(leading);
  const title = "Parallel decoding of diffusion language models: report";
  const page = markup`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><a class="skip" href="#findings">To the findings</a>
<header><h1>${title}</h1>
<p>Mode <span class="badge">${manifest.mode}</span>, run of ${manifest.started}.</p>
<nav aria-label="Sections"><a href="#findings">Findings</a> · <a href="#claims">Claims</a> · <a href="#figures">Figures</a> · <a href="#rows">Raw rows</a> · <a href="#provenance">Provenance</a></nav></header>
<main>
${findingsSection(judged, { mode: manifest.mode, lead })}
${claimsSection(judged, provenance)}
${figuresSection(figures.filter((figure) => figure !== leading))}
<section aria-labelledby="rows"><h2 id="rows">Raw rows</h2>
<p>Numbers are rounded to four digits here; the CSV files have all.</p>
${tables.map(tableHtml)}</section>
${provenanceSection(data)}
</main></body></html>
`;
  return page.text;
}
