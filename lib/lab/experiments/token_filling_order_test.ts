import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { parseTrace } from "../../decoding/trace_reader.ts";
import type { CellResult } from "../experiment.ts";
import { canonicalJson } from "../json.ts";
import { TinyModels } from "./tiny_models.ts";
import {
  cellFills,
  type FillingCell,
  SHOWN_MODEL,
  tokenFillingOrder,
} from "./token_filling_order.ts";

Deno.test("token-filling-order keeps whole traces from which tables and figures are drawn without a model", async () => {
  const experiment = tokenFillingOrder(new TinyModels());
  const plans = (await experiment.plan("quick"))
    .filter(({ parameters }) => parameters.model === SHOWN_MODEL);
  assertEquals(plans.map(({ label }) => label), [
    "dream-tiny vanilla",
    "dream-tiny threshold",
    "dream-tiny d2f",
    "dream-tiny lopa-7",
  ]);
  const cells: FillingCell[] = [];
  const run = async () => {
    for (const plan of plans) {
      const result = await experiment.run(plan, {
        signal: new AbortController().signal,
        report() {},
      });
      cells.push({ plan, key: "k", ms: 1, reused: false, result });
    }
  };
  await run();
  await run();
  await experiment.close();
  const again = cells.splice(plans.length);
  assertEquals(
    canonicalJson(again.map((cell) => cell.result)),
    canonicalJson(cells.map((cell) => cell.result)),
    "the same decode gives the same bytes",
  );
  for (const cell of cells) {
    const trace = parseTrace(cell.result.trace);
    assertEquals(cellFills(cell).length, trace.result.ids.length);
    assertStringIncludes(trace.header.prompt.text!, "22+10");
  }
  const steps = cells.map((cell: CellResult) =>
    parseTrace((cell as FillingCell).result.trace).result.forwards
  );
  assertEquals(steps[0], 64);
  assertLess(steps[3]!, steps[2]!);
  const [table] = await experiment.tables(cells);
  assertEquals(
    table!.rows.length,
    cells.reduce((sum, cell) => sum + cellFills(cell).length, 0),
  );
  const figures = await experiment.figures(cells);
  assertEquals(figures.map(({ id }) => id), [
    "token-filling-order",
    "token-filling-replay",
    "decoder-race",
  ]);
  assertEquals(await experiment.figures([]), []);
});
