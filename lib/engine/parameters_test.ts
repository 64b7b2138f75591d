import { assertEquals, assertThrows } from "@std/assert";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

Deno.test("ParameterLayout hands out consecutive words", () => {
  const layout = new ParameterLayout();
  assertEquals(layout.reserve(), 0);
  assertEquals(layout.reserve(5), 1);
  assertEquals(layout.reserveSegments(2), 6);
  assertEquals(layout.reserveRequests(3), 6 + 41);
  assertEquals(layout.reserveIds(4), 47 + 25);
  assertEquals(layout.reserveCopies(2), 72 + 5);
  assertEquals(layout.words, 77 + 7);
  assertThrows(() => layout.reserve(-1), RangeError, "got -1");
});

Deno.test("ParameterTable.setSegments() writes the header's twenty words", () => {
  const layout = new ParameterLayout();
  const at = layout.reserveSegments(2);
  const table = new ParameterTable(layout);
  table.setSegments(at, [{
    row: 3,
    rows: 2,
    ranges: [
      { source: "cache", position: 0, count: 9, row: 0 },
      { source: "fresh", position: 9, count: 2, row: 3 },
    ],
  }]);
  // deno-fmt-ignore
  assertEquals([...table.words.subarray(0, 21)], [
    1, 3, 2, 2, 0,
    0, 0, 9, 0, 1, 9, 2, 3,
    0, 0, 0, 0, 0, 0, 0, 0,
  ]);
});

Deno.test("ParameterTable.setHeadRows() writes what setRequests() writes, row by row", () => {
  const sampling = {
    temperature: 0.5,
    topP: 0.9,
    topK: 7,
    entropyEpsilon: 1e-12,
    raw: true,
    bf16: true,
  };
  const layout = new ParameterLayout();
  const at = layout.reserveRequests(3);
  const [one, all] = [new ParameterTable(layout), new ParameterTable(layout)];
  one.setRequests(at, [
    { ...sampling, row: 4, uniform: 0.25 },
    { ...sampling, row: 0, boundary: true, uniform: 0.75 },
  ]);
  const rows = Int32Array.of(4, -1);
  all.setHeadRows(at, {
    ...sampling,
    rows,
    uniforms: Float64Array.of(0.25, 0.75),
  });
  assertEquals(all.words, one.words);
  all.setHeadRows(at, { rows, uniforms: null });
  one.setRequests(at, [{ row: 4 }, { row: 0, boundary: true }]);
  assertEquals(all.words, one.words);
});

Deno.test("ParameterTable.setRequests() writes floats, flags and the uniform as a double", () => {
  const layout = new ParameterLayout();
  layout.reserve(2);
  const at = layout.reserveRequests(2);
  const table = new ParameterTable(layout);
  table.setRequests(at, [
    { row: 4, temperature: 0.5, topP: 0.25, topK: 7, uniform: 0.1, raw: true },
    { row: 0, boundary: true, bf16: true, entropyEpsilon: 0.125 },
  ]);
  const view = new DataView(table.words.buffer);
  const float = (word: number) => view.getFloat32(4 * word, true);
  assertEquals([...table.words.subarray(at, at + 3)], [2, 4, 2]);
  assertEquals([float(at + 3), float(at + 4)], [0.5, 0.25]);
  assertEquals(table.words[at + 5], 7);
  assertEquals(float(at + 6), Math.fround(1e-10));
  assertEquals(view.getFloat64(4 * (at + 7), true), 0.1);
  assertEquals([...table.words.subarray(at + 9, at + 11)], [-1, 1]);
  assertEquals([float(at + 11), float(at + 12), table.words[at + 13]], [
    0,
    1,
    0,
  ]);
  assertEquals(float(at + 14), 0.125);
});

Deno.test("ParameterTable.setIds() and setCopies() write counts first", () => {
  const layout = new ParameterLayout();
  const ids = layout.reserveIds(3);
  const copies = layout.reserveCopies(2);
  const table = new ParameterTable(layout);
  table.setIds(ids, [5, 6]);
  table.setCopies(copies, [{ from: 1, to: 2, rows: 3 }, {
    from: 4,
    to: 5,
    rows: 6,
  }]);
  assertEquals([...table.words], [2, 5, 6, 0, 2, 1, 2, 3, 4, 5, 6]);
});

Deno.test("ParameterTable refuses to write past its end", () => {
  const layout = new ParameterLayout();
  const at = layout.reserveIds(2);
  const table = new ParameterTable(layout);
  assertThrows(
    () => table.setIds(at, [1, 2, 3]),
    RangeError,
    "the table has 3",
  );
  assertThrows(() => table.set(3, 1), RangeError, "at 3");
  assertThrows(
    () => table.setRequests(0, [{ row: 0 }]),
    RangeError,
    "Cannot write 9 parameter words",
  );
});
