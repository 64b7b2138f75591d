import { assert, assertEquals, assertGreater } from "@std/assert";
import { loadPaperProvenance, loadPaperTable } from "./paper.ts";
import { PAPER_ITEMS, PAPER_SCHEMA } from "./paper_schema.ts";

Deno.test("data/paper has every table and digitised figure of both papers with its number of rows", async () => {
  const counts: Record<string, number> = {};
  for (const id of PAPER_ITEMS) {
    counts[id] = (await loadPaperTable(id)).rows.length;
  }
  assertEquals(counts, {
    lopa_table1: 5 * 4,
    lopa_table2: 3 * 2,
    lopa_table3: 4 * 2,
    lopa_table4: 36 * 2,
    lopa_table5: 6,
    lopa_table6: 18,
    lopa_table7: 6 * 2,
    lopa_fig1: 6 * 2,
    lopa_fig4: 14 + 13 + 14 + 13,
    lopa_fig5: 269 + 254 + 444,
    dparallel_table1: 4 * 6,
    dparallel_table2: 4 * 6,
    dparallel_table3: 4 * 2,
    dparallel_table4: 5,
    dparallel_table5: 3,
    dparallel_table6: 4 * 2,
    dparallel_fig4: 14 + 13 + 13 + 14,
  });
});

Deno.test("data/paper holds the numbers of the papers", async () => {
  const lopa1 = (await loadPaperTable("lopa_table1")).rows;
  assertEquals(lopa1.at(-1), {
    model: "D2F-Dream",
    method: "LoPA",
    benchmark: "GSM8K",
    shots: 4,
    tpf: 10.1,
    score: 73.8,
  });
  const lopa7 = (await loadPaperTable("lopa_table7")).rows;
  assertEquals(
    lopa7.find((row) =>
      row.model === "SDAR-4B-Chat" && row.benchmark === "GSM8K"
    ),
    {
      model: "SDAR-4B-Chat",
      benchmark: "GSM8K",
      avg_tps: null,
      tpf: 2,
      latency_s: null,
      score: 88.9,
    },
  );
  const fig5 = (await loadPaperTable("lopa_fig5")).rows;
  assertEquals(fig5.filter((row) => !row.drawn_vertex).length, 9);
  assert(fig5.every((row) => row.iqr_low <= row.iqr_high));
  const dparallel1 = (await loadPaperTable("dparallel_table1")).rows;
  assertEquals(
    dparallel1.filter((row) => row.method === "dParallel").map((row) =>
      row.steps
    ),
    [30, 46, 33, 24],
  );
});

Deno.test("Table 3 of LoPA equals the rows S12 and S18 of Table 4, as the provenance says", async () => {
  const table4 = (await loadPaperTable("lopa_table4")).rows;
  for (const row of (await loadPaperTable("lopa_table3")).rows) {
    const setting = row.system === "LoPA-Dist-NV" ? "S12" : "S18";
    const twin = table4.find((other) =>
      other.model === row.model && other.setting === setting &&
      other.benchmark === row.benchmark
    )!;
    assertEquals(
      [twin.avg_tps, twin.max_tps],
      [row.avg_tps, row.max_tps],
    );
  }
});

Deno.test("every file under data/paper has provenance with a unit and meaning per column", async () => {
  const { files, papers } = await loadPaperProvenance();
  const found: string[] = [];
  for await (
    const entry of Deno.readDir(new URL("../../data/paper", import.meta.url))
  ) {
    if (entry.name.endsWith(".csv")) found.push(entry.name);
  }
  assertEquals(found.sort(), Object.keys(files).sort());
  assertEquals(found.sort(), PAPER_ITEMS.map((id) => `${id}.csv`).sort());
  for (const id of PAPER_ITEMS) {
    const source = files[`${id}.csv`]!;
    assert(source.paper in papers, id);
    for (const text of [source.item, source.title, source.accuracy]) {
      assertGreater(text.length, 0, id);
    }
    assertEquals(
      source.obtained.startsWith("digitised"),
      /^(lopa_fig[45]|dparallel_fig4)$/.test(id),
      id,
    );
    assertEquals(
      source.columns.map(({ name, type, optional }) => [
        name,
        type + (optional ? "?" : ""),
      ]),
      Object.entries(PAPER_SCHEMA[id]),
      id,
    );
    for (const column of source.columns) {
      assertGreater(column.meaning.length, 0);
    }
  }
});
