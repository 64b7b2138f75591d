import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { looksOf } from "./looks.ts";
import { fixTextWidths } from "./static/fixed_widths.ts";
import { textWidth } from "./static/text_metrics.ts";
import { headedLayout } from "./theme.ts";
import { signed, span } from "./words.ts";

Deno.test("looksOf() gives a known name its look whoever stands beside it", () => {
  const alone = looksOf(["D2F"]).get("D2F");
  const among = looksOf(["x", "base", "D2F", "dParallel"]).get("D2F");
  assertEquals(alone, among);
  const [dream, d2f] = ["dream-mini", "d2f-dream-mini"].map((name) =>
    looksOf([name]).get(name)
  );
  assertEquals(dream, d2f);
});

Deno.test("looksOf() lets no two of many names look alike", () => {
  const names = ["LoPA", "autoregressive", ..."abcdefghij"];
  const looks = [...looksOf(names).values()].map((look) =>
    Object.values(look).join()
  );
  assertEquals(new Set(looks).size, names.length);
  const colors = [...looksOf(names.slice(0, 7)).values()].map(({ color }) =>
    color
  );
  assertEquals(new Set(colors).size, 7);
});

Deno.test("looksOf() shows variants of a thing in its colour, apart by dash and mark", () => {
  const looks = looksOf(["base, confidence", "base, entropy", "S1: 4, x"]);
  const [first, second, other] = [...looks.values()];
  assertEquals(first!.color, looksOf(["base"]).get("base")!.color);
  assertEquals(first!.color, second!.color);
  assertNotEquals(first!.dash, second!.dash);
  assertNotEquals(first!.symbol, second!.symbol);
  assertNotEquals(first!.color, other!.color);
});

Deno.test("headedLayout() shrinks lines that are wider than the figure, tags aside", () => {
  const sizeOf = (title: string) =>
    (headedLayout({ title, subtitle: "s" }, { width: 400 }).title as {
      readonly font: { readonly size: number };
    }).font.size;
  assertEquals(sizeOf("short"), 16);
  assertEquals(
    sizeOf(`<span style="color:${"#".repeat(200)}">short</span>`),
    16,
  );
  const long = sizeOf(
    "a heading that is a little wider than its figure of 400 pixels",
  );
  assert(long < 16 && long >= 12, String(long));
});

Deno.test("signed() and span() write differences with their signs and equal ends once", () => {
  assertEquals([1.26, -2.5, 0.04, -0.04].map(signed), [
    "+1.3",
    "−2.5",
    "0",
    "0",
  ]);
  assertEquals(span([3, 1, 2], String), "1 to 3");
  assertEquals(span([2.01, 2.04], (value) => value.toFixed(1)), "2.0");
});

Deno.test("fixTextWidths() sets widths of regular lines as they were measured, and leaves other texts alone", () => {
  const style = 'style="font-size: 13px; fill: red"';
  const width = (text: string) => textWidth(text, 13).toFixed(1);
  const fixed = fixTextWidths(
    `<g><text x="1" ${style}>a &lt; b</text><text ${style}><tspan class="line" dy="0">two</tspan><tspan class="line" dy="1">lines</tspan></text></g>`,
  );
  const set = [...fixed.matchAll(/textLength="([\d.]+)"/g)].map(([, n]) => n);
  assertEquals(set, ["a < b", "two", "lines"].map(width));
  for (
    const other of [
      `<text>no size</text>`,
      `<text style="font-size: 13px; font-weight: bold">bold</text>`,
      `<text ${style}>t<tspan style="font-size: 9px">i</tspan></text>`,
      `<text ${style}></text>`,
    ]
  ) assertEquals(fixTextWidths(other), other);
});
