import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertStringIncludes,
} from "@std/assert";
import { renderSvg } from "../../figures/static/svg.ts";
import { quantile } from "../../metrics/quantile.ts";
import {
  printedFactor,
  PROJECTED_RUNS,
  PROJECTION_CLAIMS,
  projectionClaims,
} from "../claims/projection_claims.ts";
import { judge } from "../claims/verdict.ts";
import { loadAccelerators } from "../hardware.ts";
import { loadPaperTable } from "../paper.ts";
import { storedRecordings } from "./_throughput_recordings.ts";
import { throughputProjection } from "./throughput_projection.ts";
import { projectionFigures } from "./throughput_projection_figures.ts";
import { measureProjection } from "./throughput_projection_measure.ts";
import {
  branchGains,
  leanStack,
  meshChanges,
  meshesOf,
  meshRate,
  printedBranchGain,
} from "./throughput_projection_meshes.ts";
import { packings } from "./throughput_projection_packing.ts";
import {
  loadPublishedData,
  notIdentified,
  projectionResults,
  unseenErrors,
} from "./throughput_projection_results.ts";
import { projectionTables } from "./throughput_projection_tables.ts";
import { SYSTEMS } from "./throughput_projection_systems.ts";
import { TinyModels } from "./tiny_models.ts";

const cells = await storedRecordings();
const results = projectionResults(cells, await loadPublishedData())!;

function table(name: string) {
  return projectionTables(results).find((table) => table.name === name)!.rows;
}

Deno.test("the fit sees S1, S7 and S13 alone and has fewer constants than numbers", () => {
  const seen = results.table4.filter(({ role }) => role === "calibration");
  assertEquals(new Set(seen.map(({ setting }) => setting)).size, 3);
  assertEquals(seen.length, 12);
  assertEquals(results.projection.observations().length, 12);
  assertLess(Object.keys(results.fit.constants).length, 12);
  assertEquals(results.fit.residuals.length, 12);
  assertEquals(notIdentified(results.fit), []);
});

Deno.test("rows that the fit has not seen: 4.9% off in the median, as the tables say", () => {
  const unseen = unseenErrors([...results.table4, ...results.d2f]);
  assertEquals(unseen.length, 64);
  assertAlmostEquals(quantile(unseen, 0.5), 0.0489, 5e-4);
  assertAlmostEquals(quantile(unseen, 0.9), 0.162, 1e-3);
  assertAlmostEquals(Math.max(...unseen), 0.2514, 1e-3);
  const [all] = table("lopa-throughput-errors").slice(-1);
  assertEquals(all!.median_error_percent, 100 * quantile(unseen, 0.5));
  const d2f = unseenErrors(results.d2f).map((error) => 1e3 * error);
  assertEquals(d2f.map(Math.round), [48, 45, 131, 67]);
});

Deno.test("constants and their standard errors are those that the report states", () => {
  const { constants, relativeErrors } = results.fit;
  const stated: Record<string, [number, number]> = {
    nvFixed: [15.5, 0.09],
    nvExchange: [36.6, 0.64],
    ascendFixed: [9.41, 0.05],
    tokensMbpp: [113, 0.45],
    tokensGsm8k: [130, 0.45],
  };
  for (const [id, [value, error]] of Object.entries(stated)) {
    assertAlmostEquals(constants[id]! / value, 1, 0.01, id);
    assertAlmostEquals(relativeErrors[id]!, error, 0.01, id);
  }
});

Deno.test("changing a printed number that is not fitted changes no constant", async () => {
  const published = await loadPublishedData();
  const other = projectionResults(await storedRecordings(), {
    ...published,
    table4: published.table4.map((row) =>
      ["S1", "S7", "S13"].includes(row.setting)
        ? row
        : { ...row, avg_tps: 2 * row.avg_tps }
    ),
  })!;
  assertEquals(other.fit, results.fit);
});

Deno.test("the recordings' knowledge of thresholds is what predicts: without it errors are six times as large", () => {
  const [main] = results.sensitivity;
  const flat = results.sensitivity.at(-1)!;
  assertGreater(flat.median, 6 * main!.median);
  for (const { name, median } of results.sensitivity.slice(0, -1)) {
    assertLess(median, 0.09, name);
  }
});

Deno.test("projections pass through the TPF that Table 3 prints", () => {
  for (const row of results.table4.filter(({ tpfPrinted }) => tpfPrinted)) {
    const printed = results.inputs.table3.find(({ model, benchmark, system }) =>
      model === row.run.model && benchmark === row.run.benchmark &&
      system === row.run.system
    )!;
    assertAlmostEquals(row.tpf, printed.tpf, 1e-9);
  }
});

Deno.test("Tables 3, 4, 6 and 7 and Fig. 1 have every row; what is empty says why", async () => {
  for (
    const [name, item] of [
      ["lopa-throughput-table3", "lopa_table3"],
      ["lopa-throughput-table4", "lopa_table4"],
      ["lopa-throughput-table6", "lopa_table6"],
      ["lopa-throughput-table7", "lopa_table7"],
      ["lopa-throughput-fig1", "lopa_fig1"],
    ] as const
  ) {
    const rows = table(name);
    assertEquals(rows.length, (await loadPaperTable(item)).rows.length, name);
    for (const row of rows) {
      const open = (kind: string) =>
        Object.entries(row).some(([key, value]) =>
          key.startsWith(kind) && value === null
        );
      if (open("measured")) {
        assertGreater(String(row.why_not_measured).length, 20);
      }
      if (open("projected")) {
        assertStringIncludes(String(row.why_not_projected), "identifiable");
      }
    }
  }
});

Deno.test("the paper's own Fig. 4 and Table 4: eight branches give 1.30 times the tokens per round, but 1.12 times the throughput", () => {
  const { tpf, rate, round } = printedBranchGain(results);
  assertAlmostEquals(tpf, 8.38 / 6.43, 1e-9);
  assertAlmostEquals(rate, 449.56 / 402.63, 1e-9);
  assertAlmostEquals(round, 1.167, 1e-3);
  const gains = branchGains(results);
  assertEquals(gains.length, 24);
  for (const gain of gains) {
    assertGreater(gain.round, 1);
    assertLess(gain.projected, gain.tpf);
  }
});

Deno.test("with the published software's costs one H200 with all branches in one pass keeps up with eight; with a lean one it does not", () => {
  const { fit } = results;
  const fitted = packings(
    results,
    SYSTEMS["LoPA-Dist-NV"].stack(fit.constants),
  );
  const lean = packings(results, leanStack("LoPA-Dist-NV", 1e-3));
  assertEquals(fitted.map(({ devices }) => devices), [8, 4, 2, 1]);
  assertAlmostEquals(fitted[3]!.rate / fitted[0]!.rate, 1, 0.02);
  assertAlmostEquals(lean[3]!.rate / lean[0]!.rate, 0.6, 0.02);
  const s12 = results.table4.find(({ setting, run }) =>
    setting === "S12" && run.model === "D2F-Dream-Base" &&
    run.benchmark === "GSM8K"
  )!;
  assertAlmostEquals(fitted[0]!.rate, s12.projected, 1e-9);
});

Deno.test("less time per round for the software, more tensor parallelism: best meshes change in that order", () => {
  for (const system of ["LoPA-Dist-NV", "LoPA-Dist-Ascend"] as const) {
    const changes = meshChanges(results, { system, threshold: 0.7 });
    assertEquals(changes.length, 2);
    for (const { below, above } of changes) {
      assertGreater(below.tensorParallel, above.tensorParallel);
    }
    for (const { below, above, seconds } of changes) {
      const at = (mesh: typeof below, fixed: number) =>
        meshRate(results, {
          ...{ system, mesh, threshold: 0.7 },
          stack: leanStack(system, fixed),
        }).rate;
      assert(at(below, seconds - 2e-5) >= at(above, seconds - 2e-5));
      assert(at(above, seconds) >= at(below, seconds));
    }
    for (const { branchParallel, tensorParallel } of meshesOf(system)) {
      assertEquals(
        branchParallel * tensorParallel,
        system === "LoPA-Dist-NV" ? 8 : 16,
      );
    }
  }
});

Deno.test("claims: each is measured once, states the paper's factor, and can be judged", () => {
  const claims = projectionClaims();
  const measured = measureProjection(results);
  assertEquals(measured.map(({ claim }) => claim), claims.map(({ id }) => id));
  assertEquals(
    claims.length,
    PROJECTION_CLAIMS.length * PROJECTED_RUNS.length,
  );
  claims.forEach((claim, i) =>
    assertEquals(
      judge(claim, { measurement: measured[i]!, experiment: "x" }).verdict,
      "reproduced",
      claim.id,
    )
  );
});

Deno.test("the factors in the claims are those of the printed throughputs", () => {
  const mean = (model: string, benchmark: string, settings: string[]) => {
    const rows = results.inputs.table4.filter((row) =>
      row.model.endsWith(model) && row.benchmark === benchmark &&
      settings.includes(row.setting)
    );
    return rows.reduce((sum, row) => sum + row.avg_tps, 0) / rows.length;
  };
  for (const { model, benchmark } of PROJECTED_RUNS) {
    const of = (...settings: string[]) => mean(model, benchmark, settings);
    const d2f = results.d2f.find(({ run }) =>
      run.model.endsWith(model) && run.benchmark === benchmark
    )!.paper;
    const found = {
      "eight-over-four": of("S8", "S9", "S10", "S11", "S12") /
        of("S2", "S3", "S4", "S5", "S6"),
      "ascend-over-nv": of("S18") / of("S12"),
      "lopa-over-d2f": of("S12") / d2f,
    };
    for (const name of PROJECTION_CLAIMS) {
      const stated = printedFactor({ name, model, benchmark });
      assertAlmostEquals(stated, found[name], 1e-3, `${name} ${model}`);
    }
  }
});

Deno.test("every figure says that it is a projection, and draws", async () => {
  const figures = await projectionFigures(results);
  assertEquals(figures.map(({ id }) => id), [
    "lopa-throughput-curves",
    "lopa-throughput-errors",
    "lopa-round-phases",
    "lopa-branch-gain",
    "lopa-meshes",
    "lopa-packing",
  ]);
  for (const figure of figures) {
    assertStringIncludes(figure.title, "Projected:");
    assertStringIncludes(await renderSvg(figure), "PROJECTION, not a measure");
    assertGreater(figure.rows.length, 10);
  }
});

Deno.test("every number of the sheets names its source and how far it can be trusted", async () => {
  for (const { values } of Object.values(await loadAccelerators())) {
    for (const { source, kind } of Object.values(values)) {
      assertGreater(source.length, 20);
      assert(["sheet", "measured elsewhere", "assumed"].includes(kind));
    }
  }
});

Deno.test("the stored recordings are what the models decode; missing ones leave tables empty", async () => {
  const experiment = throughputProjection(new TinyModels());
  const plans = await experiment.plan("default");
  assertEquals(plans.length, cells.length);
  for (const i of [3, 30, plans.length - 1]) {
    const result = await experiment.run(plans[i]!, {
      signal: new AbortController().signal,
      report() {},
    });
    assertEquals(result, cells[i]!.result, plans[i]!.label);
  }
  await experiment.close();
  assertEquals(await experiment.tables(cells.slice(1)), []);
  assertEquals(await experiment.figures([]), []);
  assertEquals(experiment.measure(cells.slice(1)), []);
  assertEquals(experiment.measure(cells).length, 12);
});
