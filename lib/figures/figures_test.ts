import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { DecodeStep } from "../decoding/types.ts";
import { toCsv } from "./csv.ts";
import { escapeXml } from "./escape.ts";
import { fillOrder, fillOrderFigure } from "./fill_order.ts";
import { fillReplay } from "./fill_replay.ts";
import { parallelTokensFigure } from "./parallel_tokens.ts";
import { figureBundle, MAX_OUTPUT_BYTES } from "./show.ts";
import { renderPng } from "./static/png.ts";
import { renderSvg } from "./static/svg.ts";
import { textWidth } from "./static/text_metrics.ts";
import { tpfScalingFigure } from "./tpf_scaling.ts";
import type { Figure } from "./types.ts";

const BASE = {
  window: { start: 0, length: 8 },
  cached: 0,
  commitRows: 0,
  positions: 8,
  branches: [],
  winner: 0,
};

const STEPS: DecodeStep[] = [
  {
    ...BASE,
    index: 1,
    fills: [
      { position: 4, token: 7, score: 0.9, probability: 0.9, kind: "forced" },
    ],
  },
  {
    ...BASE,
    index: 2,
    accepted: { position: 6, token: 8 },
    fills: [
      { position: 5, token: 9, score: 1, probability: 1, kind: "threshold" },
    ],
  },
];

function scaling(): Figure {
  const lookaheads = [0, 1, 3, 7, 14];
  return tpfScalingFigure(
    ["a", "b"].flatMap((model, n) =>
      lookaheads.map((k) => ({
        model,
        lookaheads: k,
        tpf: 2 + n + Math.log2(1 + k),
        tpfLow: 1.8 + n + Math.log2(1 + k),
        tpfHigh: 2.2 + n + Math.log2(1 + k),
        positionsPerToken: 10 + k,
        agreement: 1 - 0.02 * k,
      }))
    ),
    [{ panel: "GSM8K", branches: 2, tpf: 5.67 }, {
      panel: "GSM8K",
      branches: 14,
      tpf: 10.1,
    }],
  );
}

function parallel(): Figure {
  const row = (source: "measured" | "paper", step: number) => ({
    source,
    series: "D2F",
    step,
    mean: 1 + step,
    q1: step,
    q3: 2 + step,
    samples: 12,
  });
  return parallelTokensFigure(
    [1, 2, 3].flatMap((step) => [row("measured", step), row("paper", step)]),
    { measured: "Measured", paper: "Paper" },
  );
}

function order(): Figure {
  return fillOrderFigure(
    fillOrder(STEPS, { decoder: "LoPA", promptLength: 4 }),
  );
}

for (const figure of [scaling(), parallel(), order()]) {
  Deno.test(`${figure.id} figure draws the same bytes twice, titled and described`, async () => {
    const first = await renderSvg(figure);
    assertEquals(await renderSvg(figure), first);
    assertStringIncludes(first, escapeXml(figure.title));
    assertStringIncludes(first, escapeXml(figure.description));
    assert(!/NaN|undefined/.test(first), "no broken coordinates");
    const png = await renderPng(first, 1);
    assertEquals([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    assertGreater(png.length, 4000);
  });
}

Deno.test("tpfScalingFigure() writes axis titles, tick labels and every series", async () => {
  const svg = await renderSvg(scaling());
  for (
    const text of [
      "Lookaheads k",
      "Positions per token",
      ">GSM8K<",
      ">14<",
      ">100<",
    ]
  ) assertStringIncludes(svg, text);
  assertEquals(scaling().rows.length, 12);
  assertStringIncludes(scaling().description, "a rises from 2.00");
});

Deno.test("fillOrder() lists accepted lookahead tokens with the step that accepted them", () => {
  const rows = fillOrder(STEPS, { decoder: "LoPA", promptLength: 4 });
  assertEquals(
    rows.map(({ position, step, source }) => [position, step, source]),
    [[0, 1, "forced"], [2, 2, "lookahead"], [1, 2, "threshold"]],
  );
});

Deno.test("fillReplay() animates every token, escapes its text and needs no script", () => {
  const rows = fillOrder(STEPS, { decoder: "a<b", promptLength: 4 });
  const { svg } = fillReplay(rows, {
    title: "t",
    text: (token) => token === 7 ? "<" : "x",
  });
  assertEquals(svg.match(/class="t at\d+"><rect/g)?.length, 3);
  assertStringIncludes(svg, "a&lt;b");
  assertStringIncludes(svg, "prefers-reduced-motion");
  assert(!svg.includes("<script"));
});

Deno.test("renderSvg() refuses a specification that Plotly would silently change", async () => {
  const figure: Figure = {
    ...order(),
    spec: {
      // deno-lint-ignore no-explicit-any -- a misspelt trace type on purpose
      data: [{ type: "scater", x: [1], y: [1] } as any],
      layout: {},
    },
  };
  await assertRejects(() => renderSvg(figure), TypeError, figure.id);
});

Deno.test("figureBundle() stays under the kernel's safe size and always carries text", async () => {
  const bundle = await figureBundle(scaling());
  assert(JSON.stringify(bundle).length < MAX_OUTPUT_BYTES + 1000);
  assertEquals(Object.keys(bundle).toSorted(), [
    "application/vnd.plotly.v1+json",
    "image/svg+xml",
    "text/plain",
  ]);
});

Deno.test("toCsv() quotes what needs it and keeps columns of all rows", () => {
  assertEquals(
    toCsv([{ a: 1, b: 'x,"y"' }, { a: null, c: true }]),
    'a,b,c\n1,"x,""y""",\n,,true\n',
  );
});

Deno.test("textWidth() has Helvetica's metrics", () => {
  // Advance widths of Helvetica in 1/1000 em: H 722, e 556, l 222, o 556.
  const width = (722 + 556 + 222 + 222 + 556) / 1000 * 20;
  assert(Math.abs(textWidth("Hello", 20) - width) < 0.2);
});
