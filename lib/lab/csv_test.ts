import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { toCsv } from "../figures/csv.ts";
import { parseCsv } from "./csv.ts";

Deno.test("parseCsv() reads plain, empty and quoted cells, with and without a last line feed", () => {
  const want = [{ a: "1", b: "" }, { a: 'x,"y"\n', b: "z" }];
  const text = 'a,b\n1,\n"x,""y""\n",z';
  assertEquals(parseCsv(text, "t"), want);
  assertEquals(parseCsv(text + "\n", "t"), want);
  assertEquals(parseCsv("a,b\r\n1,\r\n", "t"), want.slice(0, 1));
  assertEquals(parseCsv("a,b\n1,", "t"), want.slice(0, 1));
});

Deno.test("parseCsv() refuses ragged rows, stray quotes, repeated columns and nothing", () => {
  const bad: [string, string][] = [
    ["a,b\n1\n", "line 2: found 1 cells, want 2"],
    ["a,b\n1,2\n1,2,3\n", "line 3: found 3 cells"],
    ['a\nx"y\n', "stray quote"],
    ['a\n"x\n', "stray quote"],
    ["a,a\n", "appears twice"],
    ["", "want a header"],
  ];
  for (const [text, message] of bad) {
    assertThrows(() => parseCsv(text, "t.csv"), SyntaxError, message);
  }
});

Deno.test("parseCsv() reads back what toCsv() writes", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record(
          { a: fc.string(), b: fc.string() },
          { noNullPrototype: true },
        ),
        { minLength: 1 },
      ),
      (rows) => assertEquals(parseCsv(toCsv(rows), "t"), rows),
    ),
  );
});
