import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
} from "@std/assert";
import type { ResultTable } from "../experiment.ts";
import { trainedCells } from "./_trained_cells.ts";
import { trainedTables } from "./lopa_scaling_tables.ts";

const tableOf = (tables: readonly ResultTable[], name: string) =>
  tables.find((table) => table.name === name)!.rows;

Deno.test("trainedTables() sets the paper's number beside every measured one that has one", async () => {
  const cells = trainedCells();
  const tables = await trainedTables(cells);
  const table1 = tableOf(tables, "lopa-table1");
  const lopa = table1.find((row) =>
    row.model === "d2f-dream-mini" && row.method === "lopa-14"
  )!;
  assertEquals(
    [
      lopa.task,
      lopa.tpf,
      lopa.paper_model,
      lopa.paper_benchmark,
      lopa.paper_tpf,
      lopa.paper_score,
    ],
    ["gsm-mini", 48 / 9, "D2F-Dream", "GSM8K", 10.1, 73.8],
  );
  assertEquals(lopa.tokens_per_call, 48 / (9 * 15));
  assertEquals(lopa.positions_per_token, 40 * 9 * 15 / 48);
  const paper = table1.filter((row) => row.paper_tpf !== null);
  assertEquals(paper.length, 10);
  assertEquals(
    tableOf(tables, "lopa-table2").map((row) => [row.method, row.paper_tpf]),
    [
      ["vanilla", 1],
      ["d2f-diffucoder", 2.2],
      ["lopa-diffucoder-6", 8.3],
      ["d2f-diffucoder", null],
      ["lopa-diffucoder-6", null],
    ],
  );
  const fig4 = tableOf(tables, "lopa-fig4");
  assertEquals(fig4.length, 2 * 2 * 5);
  assert(
    fig4.some((row) =>
      row.lookaheads === 7 && typeof row.paper_tpf === "number"
    ),
  );
  const whole = tableOf(tables, "lopa-scaling");
  assertEquals(whole.length, cells.length);
  const seven = whole.find((row) =>
    row.model === "d2f-dream-mini" && row.method === "lopa-7"
  )!;
  assertEquals([seven.against, seven.score_difference, seven.tpf_factor], [
    "d2f",
    0,
    2.4,
  ]);
  assertEquals([seven.agreement_one_token, seven.same_as_one_token], [1, 1]);
  const settings = tableOf(tables, "lopa-table5");
  const own = settings.find((row) =>
    row.task === "code-mini" && row.lookaheads === 6
  )!;
  assertEquals([own.tau_add, own.paper_tau_add, own.paper_branches], [
    0.3,
    0.3,
    6,
  ]);
  assertEquals(
    tableOf(tables, "lopa-scaling-answers").length,
    10 * cells.length,
  );
});

Deno.test("trainedTables() gives steps with quartiles, slices and areas", async () => {
  const tables = await trainedTables(trainedCells());
  const fig5 = tableOf(tables, "lopa-fig5").filter((row) =>
    row.model === "d2f-dream-mini" && row.task === "gsm-mini" &&
    row.series === "8 sequences"
  );
  assertEquals(fig5.map((row) => row.mean), [2, 2, 2, 2, 5, 5, 5, 2, 2, 2]);
  assertEquals([fig5[0]!.samples, fig5[0]!.q1, fig5[0]!.paper_mean], [
    20,
    2,
    1.11,
  ]);
  const areas = tableOf(tables, "lopa-aup");
  const area = (curve: string) =>
    areas.find((row) => row.curve === curve && row.task === "gsm-mini")!
      .aup as number;
  assertAlmostEquals(area("lopa"), 90 * 48 / 9, 1e-9);
  assertLess(area("d2f"), area("lopa"));
  const slice = tableOf(tables, "lopa-scaling-slices").find((row) =>
    row.model === "dream-mini" && row.method === "vanilla" && row.value === "1"
  )!;
  assertEquals([slice.label, slice.problems], ["steps", 5]);
  assertEquals(await trainedTables([]), []);
});

Deno.test("trainedTables() holds methods against each other across models, paired by problem", async () => {
  const worse = (
    { id }: { readonly id: string },
    place: { readonly name: string },
  ) =>
    place.name === "few-step" && /\/[1-4]$/.test(id) ? { correct: false } : {};
  const tables = await trainedTables(trainedCells({ change: worse }));
  const controls = tableOf(tables, "lopa-controls");
  assertEquals(controls.length, 2 * 9);
  const [fewStep] = controls;
  assertEquals([fewStep!.model, fewStep!.method, fewStep!.against], [
    "dream-mini",
    "few-step",
    "dream-mini one-by-one",
  ]);
  assertAlmostEquals(fewStep!.score_difference as number, -20, 1e-9);
  const d2f = controls.find((row) => row.method === "d2f")!;
  assertEquals([d2f.against, d2f.score_difference, d2f.problems], [
    "dream-mini one-by-one",
    0,
    20,
  ]);
});
