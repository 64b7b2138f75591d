import { assertEquals, assertStringIncludes } from "@std/assert";
import { temporaryFolder } from "../engine/_temporary.ts";
import { randomSource } from "../model/random_model.ts";
import { writeCheckpoint } from "../model/_checkpoint_files.ts";
import { scalingClaims } from "./claims/scaling_claims.ts";
import { judgeAll } from "./claims/summary.ts";
import { trainedModelRows } from "./evaluation/model_rows.ts";
import { trainedCells } from "./experiments/_trained_cells.ts";
import { measureTrained } from "./experiments/lopa_scaling_measure.ts";
import { trainedTables } from "./experiments/lopa_scaling_tables.ts";
import type { LabResults } from "./lab.ts";
import { findRecipe } from "./recipes/registry.ts";
import {
  absence,
  labRows,
  showClaims,
  showLabFigure,
  showLabTable,
} from "./lab_view.ts";

const EMPTY: LabResults = {
  id: "lopa-scaling",
  title: "LoPA",
  mode: "quick",
  ...{ cells: [], computed: 0, reused: 0, tables: [], figures: [], judged: [] },
};

/** What a call prints. */
async function printed(call: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  const { write } = Deno.stdout;
  console.log = (line: string) => lines.push(line);
  Deno.stdout.write = (bytes) => {
    lines.push(new TextDecoder().decode(bytes));
    return Promise.resolve(bytes.length);
  };
  try {
    await call();
  } finally {
    console.log = log;
    Deno.stdout.write = write;
  }
  return lines.join("\n");
}

const COLUMNS = { model: "model", score: "score (%)", paper_tpf: "paper" };

Deno.test("showLabFigure(), showLabTable() and showClaims() say what is missing and why", async () => {
  const columns = COLUMNS;
  const said = [
    await printed(() => showLabFigure(EMPTY, "lopa-fig4")),
    await printed(() => showLabTable(EMPTY, "lopa-table1", { columns })),
    await printed(() => showClaims(EMPTY)),
  ];
  const why = `"lopa-scaling" has no results, for none of its models is there`;
  assertEquals(said, [
    `No figure "lopa-fig4": ${why}.`,
    `No rows of "lopa-table1": ${why}.`,
    `No verdicts: ${why}.`,
  ]);
  const some = { ...EMPTY, cells: trainedCells({ models: ["ar-mini"] }) };
  assertStringIncludes(absence(some, "x"), 'the 2 results of "lopa-scaling"');
});

Deno.test("labRows() and showClaims() show the numbers with their intervals, the paper's and the verdicts", async () => {
  const cells = trainedCells();
  const measurements = measureTrained(cells);
  const lab: LabResults = {
    ...EMPTY,
    cells,
    tables: await trainedTables(cells),
    judged: judgeAll(scalingClaims(["d2f-dream-mini"]), [{
      experiment: "lopa-scaling",
      measurements,
    }]),
  };
  const where = (row: { readonly [name: string]: unknown }) =>
    row.task === "gsm-mini" && row.method === "d2f";
  const rows = labRows(lab, "lopa-table1", { columns: COLUMNS, where });
  assertEquals(rows, [
    {
      model: "d2f-dream-mini",
      "score (%)": "90.0 (69.9\u00a0to\u00a097.2)",
      paper: 3.1,
    },
    {
      model: "d2f-llada-mini",
      "score (%)": "90.0 (69.9\u00a0to\u00a097.2)",
      paper: null,
    },
  ]);
  assertEquals(labRows(lab, "lopa-table9", { columns: COLUMNS }), []);
  const shown = await printed(() =>
    showLabTable(lab, "lopa-table1", { columns: COLUMNS, where })
  );
  assertStringIncludes(
    shown,
    "d2f-dream-mini,90.0 (69.9\u00a0to\u00a097.2),3.1",
  );
  const claims = await printed(() => showClaims(lab));
  assertStringIncludes(claims, 'holds,"d2f-dream-mini on gsm-mini: TPF rises');
});

Deno.test("trainedModelRows() names every model, what it is, and what is there of it", async () => {
  await using folder = await temporaryFolder();
  const make = async (name: string) => {
    await Deno.mkdir(`${folder.path}/${name}`);
    await writeCheckpoint(
      `${folder.path}/${name}`,
      randomSource({
        ...{ family: "dream", hiddenSize: 16, layers: 2, heads: 2 },
        ...{ kvHeads: 1, mlpSize: 16, vocabSize: 32 },
      }),
    );
  };
  await make("dream-mini");
  await make("d2f-dream-mini");
  await Deno.writeTextFile(
    `${folder.path}/dream-mini/training.json`,
    JSON.stringify({ recipe: "dream-mini", stages: ["a"], steps: 20 }),
  );
  const stages = findRecipe("dream-mini").stages.length;
  const rows = await trainedModelRows(folder.path);
  assertEquals(rows.map(({ model, trained }) => [model, trained]), [
    ["ar-mini", "missing: deno task train ar-mini"],
    [
      "dream-mini",
      `1 of ${stages} stages and 20 steps: deno task train dream-mini`,
    ],
    ["llada-mini", "missing: deno task train llada-mini"],
    ["d2f-dream-mini", "not by its recipe"],
    ["d2f-llada-mini", "missing: deno task train d2f-llada-mini"],
  ]);
  assertEquals(rows[1]!.shape, "2 layers, 16 wide");
  assertEquals(rows[1]!["million weights"], 0);
  assertStringIncludes(String(rows[1]!.what), "logits shift");
  assertEquals([rows[0]!.shape, rows[0]!.digest], [null, null]);
});
