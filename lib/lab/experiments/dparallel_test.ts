import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertStringIncludes,
} from "@std/assert";
import { MODES } from "../cell.ts";
import { dparallelClaims } from "../claims/dparallel_claims.ts";
import { judgeAll } from "../claims/summary.ts";
import { allStudents } from "../evaluation/students.ts";
import { renderSvg } from "../../figures/static/svg.ts";
import type { ResultTable } from "../experiment.ts";
import { studentCells } from "./_student_cells.ts";
import { studentFigures } from "./dparallel_figures.ts";
import { roleOf, studentGrid } from "./dparallel_grid.ts";
import { measureStudents, sureShare } from "./dparallel_measure.ts";
import { studentMethodName } from "./dparallel_methods.ts";
import { studentTables } from "./dparallel_tables.ts";

const CELLS = studentCells();

const names = allStudents().map(({ name }) => name);

const tableOf = (tables: readonly ResultTable[], name: string) =>
  tables.find((table) => table.name === name)?.rows ?? [];

Deno.test("every model has a role, and no grid has a method twice", () => {
  assertEquals(
    new Set(allStudents().map(roleOf)),
    new Set([
      ...["base", "full", "consistency", "certainty", "unblocked", "seed"],
      ...["sweep", "other", "other-full", "d2f", "d2f-full"],
    ]),
  );
  for (const student of allStudents()) {
    for (const mode of MODES) {
      for (const task of ["gsm-mini", "code-mini", "gsm-mini-free"]) {
        const made = studentGrid(student, task, mode).map(({ kind, method }) =>
          `${kind} ${studentMethodName(method)}`
        );
        assertEquals(new Set(made).size, made.length, student.name);
      }
    }
  }
});

Deno.test("all claims are measured where all models are there, and hold on results made up to hold", () => {
  const claims = dparallelClaims(names);
  const measurements = measureStudents(CELLS);
  assertEquals(
    measurements.map(({ claim }) => claim).toSorted(),
    claims.map(({ id }) => id).toSorted(),
  );
  const judged = judgeAll(claims, [{ experiment: "dparallel", measurements }]);
  for (const { verdict, claim, reason } of judged) {
    // Eight problems are too few to show that a score is kept.
    const kept = claim.kind === "not-below" && verdict === "undecided";
    assertEquals(
      kept || verdict,
      kept || "reproduced",
      `${claim.id}: ${reason}`,
    );
  }
});

Deno.test("claims differ where the effect is absent, and say what is missing where models are", () => {
  // The distilled models answer exactly as their bases do.
  const swapped = CELLS.map((cell) => {
    const { role, model } = cell.plan.parameters;
    if (role !== "full") return cell;
    const { kind, task, method } = cell.plan.parameters;
    const base = CELLS.find(({ plan: { parameters } }) =>
      parameters.kind === kind && parameters.task === task &&
      parameters.model === model.replace("dparallel-", "") &&
      studentMethodName(parameters.method) === studentMethodName(method)
    );
    return base === undefined ? cell : { ...cell, result: base.result };
  });
  const measurements = measureStudents(swapped);
  const judged = judgeAll(dparallelClaims(names), [
    { experiment: "dparallel", measurements },
  ]);
  const verdictOf = (name: string) =>
    judged.find(({ claim }) => claim.id.includes(name))!.verdict;
  assertEquals(verdictOf("fewer-passes-llada-gsm"), "differs");
  assertEquals(verdictOf("consistency-slower-llada"), "differs");
  assertEquals(verdictOf("keeps-score-llada-gsm"), "undecided");
  const [absent] = dparallelClaims(["llada-mini"]);
  assertStringIncludes(
    absent!.missing!.reason,
    '"deno task train dparallel-llada-mini"',
  );
  const partial = studentCells({ models: (name) => name === "llada-mini" });
  assertEquals(measureStudents(partial), []);
});

Deno.test("tables have the paper's numbers beside ours, and factors against the base under the same sampler", async () => {
  const tables = await studentTables(CELLS);
  const table1 = tableOf(tables, "dparallel-table1");
  const maths = table1.filter(({ task }) => task === "gsm-mini");
  assertEquals(maths.map(({ row }) => row).length, 7);
  const last = maths.at(-1)!;
  assertEquals([last.paper_steps, last.paper_score], [30, 76.1]);
  assertEquals(last.passes_stopped, 7);
  assertGreater(last.factor as number, 2.2);
  const control = maths.find(({ row }) => String(row).includes("control"))!;
  assertEquals(control.paper_steps, null);
  assertEquals(control.passes_stopped, 16);
  for (const column of ["passes", "tpf", "score", "agreement", "tpf_stopped"]) {
    assert(maths.every((row) => typeof row[column] === "number"), column);
  }
  const table3 = tableOf(tables, "dparallel-table3");
  assertEquals(
    table3.filter(({ task, model }) =>
      task === "gsm-mini" && `${model}`.includes("llada")
    ).map(({ paper_steps }) => paper_steps),
    [53, 23, 44, 30],
  );
  assertEquals(
    tableOf(tables, "dparallel-table4").map(({ ratio, paper_steps }) => [
      ratio,
      paper_steps,
    ]),
    [["random", 36], ["25%", 35], ["50%", 36], ["75%", 38], ["100%", 31]],
  );
  assertEquals(tableOf(tables, "dparallel-table2").length, 14);
  const table6 = tableOf(tables, "dparallel-table6");
  assertEquals(table6.map(({ model }) => model), [
    ...["llada-mini-2", "llada-mini-2", "dparallel-llada-mini-2"],
    ...["d2f-llada-mini", "d2f-llada-mini", "dparallel-d2f-llada-mini"],
    ...["d2f-dream-mini", "d2f-dream-mini", "dparallel-d2f-dream-mini"],
  ]);
  assertEquals(table6.slice(0, 3).map(({ paper_steps }) => paper_steps), [
    ...[256, null, 30],
  ]);
  // Each against what it adapts: its own base, not the headline's.
  assertEquals(table6[2]!.factor, 2);
  assertGreater(table6[5]!.factor as number, 1.5);
  const sweeps = tableOf(tables, "dparallel-sweeps");
  assertEquals(sweeps.map(({ setting, value }) => `${setting} ${value}`), [
    ...["0.25", "0.5", "1"].map((value) => `temperature ${value}`),
    ...["0", "0.5", "1", "2", "4"].map((value) => `weight ${value}`),
    ...["4", "16", "64"].map((value) => `rank ${value}`),
  ]);
  const own = sweeps.filter(({ model }) => String(model).endsWith("ratio-50"));
  assertEquals(own.map(({ value }) => value), ["0.5", "2", "16"]);
  assert(own.every(({ over_unchanged }) => over_unchanged === null));
  assertEquals(sweeps[0]!.over_unchanged, 1);
  const seeds = tableOf(tables, "dparallel-seeds");
  assertEquals(seeds.length, 8);
  assertEquals(seeds[3]!.model, "mean of 3 seeds");
  const [first, second, third] = seeds.map((row) => Number(row.passes_stopped));
  const mean = (first! + second! + third!) / 3;
  assertAlmostEquals(seeds[3]!.passes_stopped as number, mean);
  assertGreater(mean, seeds[3]!.passes_stopped_low as number);
  assertEquals(await studentTables([]), []);
});

/** Columns that must have an interval in every row in which they have a number. */
const UNCERTAIN = [
  ...["passes", "passes_stopped", "tpf", "tpf_stopped", "score", "agreement"],
  ...["same_as_teacher", "positions_per_token", "committed_confidence"],
  ...["factor", "difference", "over_unchanged", "over_threshold", "over_base"],
  ...["confidence", "mean_confidence", "share_right", "overconfidence", "ece"],
  ...["sure_at_entry", "sure_at_entry_behind"],
];

Deno.test("numbers of all tables and points of all figures have their intervals", async () => {
  let checked = 0;
  for (const { name, rows } of await studentTables(CELLS)) {
    if (name === "dparallel-answers") continue;
    for (const row of rows) {
      for (const column of UNCERTAIN) {
        const value = row[column] as number | null | undefined;
        if (value === null || value === undefined) continue;
        const low = row[`${column}_low`], high = row[`${column}_high`];
        assert(typeof low === "number", `${name}: ${column} has no interval`);
        // Rounding: intervals of equal values.
        const inside = low <= value + 1e-9 && value <= (high as number) + 1e-9;
        assert(inside, `${name}: ${column} is ${value} in ${low} to ${high}`);
        checked++;
      }
    }
  }
  assertGreater(checked, 1000);
  for (const { id, rows } of await studentFigures(CELLS)) {
    const points = rows.filter(({ series, y, value }) =>
      !String(series).endsWith("the paper's") && (y ?? value) != null
    );
    assertGreater(points.length, 0, id);
    for (const { low, high } of points) {
      assert(typeof low === "number" && typeof high === "number", id);
    }
  }
});

Deno.test("matched passes: scores are read off between thresholds, and models that are never that fast have none", async () => {
  const rows = tableOf(await studentTables(CELLS), "dparallel-matched");
  const of = (curve: string, speedup: number) =>
    rows.find((row) =>
      row.family === "llada" && row.curve === curve && row.speedup === speedup
    )!;
  const base = CELLS.find(({ plan: { parameters: { model, method } } }) =>
    model === "llada-mini" && studentMethodName(method) === "confidence-0.9"
  )!;
  const settled = base.result.rows[0]!.settled;
  assertEquals(of("base, confidence", 1).budget, settled);
  assertEquals(of("base, confidence", 2).budget, settled / 2);
  assertEquals(of("base, confidence", 3).score, null);
  assertEquals(of("base, confidence", 3).score_low, null);
  assertEquals(of("dParallel, confidence", 2).score, 87.5);
  assertEquals(of("dParallel, confidence", 2).problems, 8);
});

Deno.test("compounding: tokens per forward over the same model by threshold, and over the base", async () => {
  const tables = await studentTables(CELLS);
  const rows = tableOf(tables, "dparallel-compounding");
  const of = (kind: string, lookaheads: number | null) =>
    rows.find((row) =>
      row.kind === kind && row.lookaheads === lookaheads &&
      row.family === "llada"
    )!;
  assertEquals(of("base", null).over_base, 1);
  assertGreater(of("D2F + certainty forcing", 7).over_threshold as number, 1);
  assertGreater(
    of("D2F + certainty forcing", 7).over_base as number,
    of("D2F", 7).over_base as number,
  );
});

Deno.test("figures are drawn for what is there, and none without cells", async () => {
  assertEquals(await studentFigures([]), []);
  const figures = await studentFigures(CELLS);
  const ids = figures.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  for (
    const id of [
      ...["dparallel-fig4-llada", "dparallel-fig4-dream"],
      ...["dparallel-committed", "dparallel-components", "dparallel-blocks"],
      ...["dparallel-positions-llada", "dparallel-calibration-llada"],
      "dparallel-compounding",
    ]
  ) assert(ids.includes(id), id);
  // Those of the other family are drawn by the same functions.
  for (const figure of figures.filter(({ id }) => !id.endsWith("-dream"))) {
    const svg = await renderSvg(figure);
    assertStringIncludes(svg, "<svg");
    assertGreater(figure.description.length, 40);
    assertGreater(figure.rows.length, 0);
  }
  const few = await studentFigures(
    studentCells({ mode: "quick", models: (name) => name === "dream-mini" }),
  );
  assert(few.some(({ id }) => id === "dparallel-fig4-dream"));
});

Deno.test("sureShare by hand", () => {
  const histogram = new Array(20).fill(0);
  [histogram[17], histogram[18], histogram[19]] = [2, 1, 1];
  assertEquals(sureShare(histogram), 0.5);
  assertEquals(sureShare(new Array(20).fill(0)), null);
});
