import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { JSDOM } from "jsdom";
import { allClaims } from "../claims/registry.ts";
import { judgeAll } from "../claims/summary.ts";
import { tinyClaimId } from "../claims/tiny_claims.ts";
import type { Claim } from "../claims/types.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { loadPaperProvenance } from "../paper.ts";
import { buildReport } from "./report.ts";
import { embedSvg } from "./svg.ts";
import type { ReportData } from "./types.ts";

const EVIL = `"><script>alert(1)</script>&'`;

const MANIFEST: Manifest = {
  format: 1,
  mode: "quick",
  argv: [EVIL],
  started: "2026-01-02T03:04:05.000Z",
  ended: "2026-01-02T03:05:00.000Z",
  git: { commit: "c0ffee", dirty: true, difference: "d1ff" },
  runtime: { deno: "2.9.6", v8: "15", typescript: "6" },
  machine: {
    os: "linux",
    arch: "x86_64",
    release: "6",
    cpu: { unavailable: EVIL },
    cores: 2,
    memory: 1,
  },
  library: { unavailable: "not used" },
  lock: "10c4",
  inputs: {},
  seeds: [],
  experiments: [],
  outputs: {},
};

const SVG =
  `<svg xmlns="http://www.w3.org/2000/svg" aria-labelledby="t"><title id="t">x</title><clipPath id="c"/><g clip-path="url(#c)"><use href="#c"/></g></svg>`;

async function sample(more: Partial<ReportData> = {}): Promise<ReportData> {
  const claims: Claim[] = (await allClaims()).map((claim) =>
    claim.scope === "tiny" ? { ...claim, statement: EVIL } : claim
  );
  const judged = judgeAll(claims, [{
    experiment: "e",
    measurements: [{
      claim: tinyClaimId("few-step", "dream-tiny"),
      values: [4],
      labels: [EVIL],
      unit: "tokens/forward",
      note: EVIL,
    }, {
      claim: tinyClaimId("lopa-above-d2f", "dream-tiny"),
      values: [1, 2],
      labels: ["LoPA", "D2F"],
      unit: "tokens/forward",
      note: "n",
    }],
  }]);
  const figure = { title: EVIL, description: EVIL, csv: EVIL, svg: SVG };
  return {
    manifest: MANIFEST,
    judged,
    figures: [{ id: "a", ...figure }, { id: "b", ...figure }],
    tables: [{ name: EVIL, rows: [{ x: EVIL, y: null }, { z: 1 }] }],
    provenance: await loadPaperProvenance(),
    ...more,
  };
}

async function open(more: Partial<ReportData> = {}) {
  return new JSDOM(buildReport(await sample(more))).window.document;
}

Deno.test("buildReport() lets no text of claims, figures, tables or manifest become markup", async () => {
  const document = await open();
  assertEquals(document.querySelectorAll("script").length, 0);
  assertEquals(
    [...document.querySelectorAll("*")].filter((element) =>
      [...element.attributes].some(({ name }) => name.startsWith("on"))
    ).length,
    0,
  );
  assertGreater(document.body.textContent!.split(EVIL).length, 10);
  assert(!document.body.textContent!.includes("\\n"));
});

Deno.test("buildReport() puts findings first, then claims, figures, raw rows and provenance", async () => {
  const document = await open();
  const sections = [...document.querySelectorAll("main > section > h2")];
  assertEquals(sections.map(({ id }) => id), [
    "findings",
    "claims",
    "figures",
    "rows",
    "provenance",
  ]);
  const text = document.getElementById("claims")!.closest("section")!
    .textContent!;
  assertLess(
    text.indexOf("On the models trained here"),
    text.indexOf("The papers' own"),
  );
  assertStringIncludes(text, "1 hold, 1 differ, 20 not attempted");
  assertStringIncludes(text, "0 reproduced, 0 differ, 258 not attempted");
});

Deno.test("buildReport() begins with the counts, what differs, a lead figure, and what a quick run is worth", async () => {
  const figure = { title: "t", description: "d", csv: "", svg: SVG };
  const document = await open({
    figures: [{ id: "a", ...figure }, { id: "tpf-scaling", ...figure }],
  });
  const section = document.getElementById("findings")!.closest("section")!;
  const tiles = [...section.querySelectorAll(".tiles li")].map(
    ({ textContent }) => textContent!,
  );
  assertEquals(tiles.length, 4);
  assertStringIncludes(tiles[1]!, "1 hold1 differ, 20 not attempted");
  assertStringIncludes(section.textContent!, "What does not hold");
  assertStringIncludes(section.textContent!, "LoPA 1 is not above D2F 2");
  assertStringIncludes(section.textContent!, "decide little");
  assert(section.querySelector("#figure-tpf-scaling"));
  assertEquals(document.querySelectorAll("figure").length, 2);
  const full = await open({ manifest: { ...MANIFEST, mode: "full" } });
  assert(!full.body.textContent!.includes("decide little"));
});

Deno.test("buildReport() folds away what was not attempted, and rounds and aligns raw numbers", async () => {
  const document = await open({
    tables: [{ name: "raw", rows: [{ model: "m", tpf: 2.4046242774566475 }] }],
  });
  const { judged } = await sample();
  const { claim } = judged.find(({ claim, verdict }) =>
    claim.scope === "tiny" && verdict === "not attempted"
  )!;
  assert(document.getElementById(claim.id)!.closest("details"));
  const tested = tinyClaimId("few-step", "dream-tiny");
  assert(!document.getElementById(tested)!.closest("details"));
  const cell = document.querySelector("td.number")!;
  assertEquals(cell.textContent, "2.405");
});

Deno.test("buildReport() shows every claim once, each with its verdict in words", async () => {
  const document = await open();
  const { judged } = await sample();
  for (const { claim, verdict } of judged) {
    const row = document.getElementById(claim.id)!.closest("tr")!;
    const shown = row.querySelector(".verdict")!.textContent!;
    const word = claim.scope !== "paper" && verdict === "reproduced"
      ? "holds"
      : verdict;
    assertStringIncludes(shown, word, claim.id);
  }
});

Deno.test("buildReport() loads nothing, has unique ids, and its links and tables are sound", async () => {
  const document = await open();
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  for (const link of document.querySelectorAll("a")) {
    assert(ids.includes(link.getAttribute("href")!.slice(1)), link.outerHTML);
  }
  for (const element of document.querySelectorAll("[src], link, [srcset]")) {
    assert(element.getAttribute("src")?.startsWith("data:"), element.outerHTML);
  }
  for (const element of document.querySelectorAll("table")) {
    assert(element.querySelector("caption"));
    assert(element.querySelector('th[scope="col"]'));
  }
  assertEquals(document.documentElement.lang, "en");
  assertStringIncludes(
    document.querySelector("style")!.textContent!,
    "prefers-color-scheme: dark",
  );
  for (const svg of document.querySelectorAll("svg")) {
    const [label, clip] = [svg.getAttribute("aria-labelledby")!, "c"].map(
      (name) => svg.querySelector(`[id$="${name}"]`)!.id,
    );
    assertEquals(svg.getAttribute("aria-labelledby"), label);
    assertEquals(
      svg.querySelector("g")!.getAttribute("clip-path"),
      `url(#${clip})`,
    );
  }
});

Deno.test("buildReport() gives the same bytes for the same data", async () => {
  assertEquals(buildReport(await sample()), buildReport(await sample()));
});

Deno.test("buildReport() shows long tables in part and says so", async () => {
  const rows = Array.from({ length: 250 }, (_, n) => ({ n }));
  const document = await open({ tables: [{ name: "long", rows }] });
  const table = [...document.querySelectorAll("table")].find((element) =>
    element.caption!.textContent!.startsWith("long")
  )!;
  assertEquals(table.tBodies[0]!.rows.length, 200);
  assertStringIncludes(table.caption!.textContent!, "200 of 250");
});

Deno.test("embedSvg() turns a drawing with a style sheet into an image with a description", () => {
  const { text } = embedSvg("<svg><style>.t{}</style></svg>", {
    id: "a",
    description: EVIL,
  });
  const image = new JSDOM(text).window.document.querySelector("img")!;
  assertEquals(image.alt, EVIL);
  assertStringIncludes(
    atob(image.src.split("base64,")[1]!),
    "<style>.t{}</style>",
  );
});

Deno.test.each([
  "no drawing",
  "<svg><script>1</script></svg>",
  "<svg><g onclick='1'/></svg>",
  "<svg><foreignObject/></svg>",
  `<svg><image href="https://example.org/a.png"/></svg>`,
  `<svg><use xlink:href="//example.org/a"/></svg>`,
  `<svg><g style="fill:url(https://example.org/a)"/></svg>`,
  `<svg><g style="fill:url('//example.org/a')"/></svg>`,
  `<svg><a href="javascript:1"/></svg>`,
])("embedSvg() refuses %s", (svg) => {
  assertThrows(
    () => embedSvg(svg, { id: "a", description: "" }),
    TypeError,
    "Cannot put drawing",
  );
});
