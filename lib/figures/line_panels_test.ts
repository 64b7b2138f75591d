import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { linePanelsFigure, type LineRow } from "./line_panels.ts";
import { renderSvg } from "./static/svg.ts";

const OPTIONS = {
  ...{ id: "lines", title: "Lines", subtitle: "how", description: "what" },
  panels: [
    { title: "one", x: "x", y: "y", diagonal: true },
    { title: "two", x: "x", y: "y" },
    { title: "empty", x: "x", y: "y" },
  ],
  columns: 2,
};

const row = (panel: string, series: string, more: Partial<LineRow> = {}) => ({
  ...{ panel, series, x: 1, y: 0.5 },
  ...more,
});

interface Drawn {
  readonly name: string;
  readonly showlegend: boolean;
  readonly xaxis: string;
  readonly marker?: { readonly symbol: string };
  readonly error_y?: Bars;
  readonly error_x?: Bars;
}

interface Bars {
  readonly array: number[];
  readonly arrayminus: number[];
}

Deno.test("each curve stands once in the legend; panels without points are left out", async () => {
  const figure = linePanelsFigure([
    row("one", "a", { low: 0.25, high: 1 }),
    row("two", "a"),
    row("two", "b"),
    row("two", "theirs"),
  ], { ...OPTIONS, published: ["theirs"] });
  const data = figure.spec.data as Drawn[];
  assertEquals(
    data.map(({ name, showlegend, xaxis }) => [name, showlegend, xaxis]),
    [["a", true, "x"], ["a", false, "x2"], ["b", true, "x2"], [
      ...["theirs", true, "x2"],
    ]],
  );
  assertEquals(data[0]!.error_y!.array, [0.5]);
  assertEquals(data[0]!.error_y!.arrayminus, [0.25]);
  assertEquals(data[1]!.error_y, undefined);
  assertEquals(data[3]!.marker!.symbol, "circle-open");
  const titles = figure.spec.layout.annotations as { readonly text: string }[];
  assertEquals(titles.map(({ text }) => text), ["<b>one</b>", "<b>two</b>"]);
  assertStringIncludes(await renderSvg(figure), "theirs");
});

Deno.test("one curve needs no legend, and unmarked ones no markers; both are drawn", async () => {
  const figure = linePanelsFigure(
    [row("one", "a"), row("one", "a", { x: 2, y: null })],
    { ...OPTIONS, marked: false },
  );
  const [drawn] = figure.spec.data as Drawn[];
  assertEquals([drawn!.showlegend, drawn!.marker], [false, undefined]);
  assert((await renderSvg(figure)).includes("<svg"));
});

Deno.test("intervals are bars along both axes, or bands behind unmarked curves", async () => {
  const ends = { low: 0.25, high: 1, xLow: 0.5, xHigh: 3 };
  const points = [
    row("one", "a", ends),
    row("one", "a", { ...ends, x: 2, y: null }),
    row("one", "a", { ...ends, x: 3, y: 0.75 }),
  ];
  const bars = linePanelsFigure(points, OPTIONS).spec.data as Drawn[];
  assertEquals(bars.length, 1);
  assertEquals(bars[0]!.error_x!.array[0], 2);
  assertEquals(bars[0]!.error_x!.arrayminus[0], 0.5);
  assertEquals(bars[0]!.error_y!.array[0], 0.5);
  const figure = linePanelsFigure(
    points.map(({ xLow: _, xHigh: __, ...point }) => point),
    { ...OPTIONS, bands: true, marked: false },
  );
  const [band, curve] = figure.spec.data as (Drawn & {
    readonly x: number[];
    readonly y: number[];
  })[];
  // There along the upper ends, back along the lower ones, past the gap.
  assertEquals([band!.x, band!.y], [[1, 3, 3, 1], [1, 1, 0.25, 0.25]]);
  assertEquals([curve!.error_y, curve!.error_x], [undefined, undefined]);
  assert((await renderSvg(figure)).includes("<svg"));
});
