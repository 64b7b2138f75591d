import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
} from "@std/assert";
import { renderSvg } from "../../figures/static/svg.ts";
import type { FigureRow } from "../../figures/types.ts";
import { DIST_CLAIMS, distClaims } from "../claims/dist_claims.ts";
import { judgeAll } from "../claims/summary.ts";
import { TRAINED_MODELS } from "../evaluation/trained_models.ts";
import {
  distCells,
  type MadeUp,
  madeUpRate,
  madeUpScore,
} from "./_dist_cells.ts";
import { distFigures } from "./lopa_dist_figures.ts";
import { measureDist } from "./lopa_dist_measure.ts";
import { distTables } from "./lopa_dist_tables.ts";

async function rowsOf(name: string, made: MadeUp = {}): Promise<
  readonly FigureRow[]
> {
  const tables = await distTables(distCells(made));
  return tables.find((table) => table.name === name)?.rows ?? [];
}

function verdicts(made: MadeUp = {}): Record<string, string> {
  const measurements = measureDist(distCells(made));
  const judged = judgeAll(distClaims(TRAINED_MODELS), [
    { experiment: "e", measurements },
  ]);
  return Object.fromEntries(
    judged.filter(({ verdict }) => verdict !== "not attempted")
      .map(({ claim, verdict }) => [claim.id, verdict]),
  );
}

Deno.test("the headline is the fastest setting within a point of the base, not the fastest at any price", async () => {
  const [kept, any] = await rowsOf("lopa-dist-headline");
  assertEquals([kept!.setting, kept!.score, kept!.difference], ["S8", 75, 0]);
  assertEquals([any!.setting, any!.score, any!.difference], ["S12", 50, -25]);
  assertAlmostEquals(kept!.over_autoregressive as number, 180 / 80, 1e-9);
  assertAlmostEquals(kept!.over_base as number, 9, 1e-9);
  const worse = await rowsOf("lopa-dist-headline", {
    score: ({ id }) => id.startsWith("base") ? 0.75 : 0.5,
  });
  assertEquals([worse[0]!.setting, worse[1]!.setting], [null, "S12"]);
  const none = { present: TRAINED_MODELS.filter((m) => m !== "dream-mini") };
  assertEquals(await rowsOf("lopa-dist-headline", none), []);
});

Deno.test("ratios are taken turn by turn, and outputs compared with one device", async () => {
  const rows = await rowsOf("lopa-dist-scaling");
  const two = rows.find((row) => row.layout === "BP 2, two-phase")!;
  assertEquals([two.factor, two.factor_low, two.factor_high], [2, 2, 2]);
  assertEquals([two.same_output, two.stand_in], [true, false]);
  assertAlmostEquals(two.round_ms as number, 22, 1e-9);
  const sharded = rows.find((row) => row.layout === "BP 1 × TP 2, two-phase")!;
  assertEquals(sharded.same_output, false);
  const [phases] = await rowsOf("lopa-dist-phases");
  assertEquals([phases!.round_ms, phases!.host_gap_percent], [20, 25]);
});

Deno.test("the paper's rows keep their order, with counterparts where there are any and reasons where not", async () => {
  const table4 = await rowsOf("lopa-dist-table4");
  assertEquals(table4.length, 72);
  const row = table4.find((row) =>
    row.model === "D2F-Dream-Base" && row.setting === "S12" &&
    row.benchmark === "GSM8K"
  )!;
  assertEquals(
    [row.counterpart_model, row.counterpart_task, row.paper_avg_tps],
    ["d2f-dream-mini", "gsm-mini", 619.33],
  );
  assertAlmostEquals(row.counterpart_avg_tps as number, 220, 1e-9);
  assertAlmostEquals(row.counterpart_over_s1 as number, 200 / 135, 1e-9);
  const fig1 = await rowsOf("lopa-dist-fig1");
  assertEquals(
    fig1.slice(0, 6).map(({ bar, counterpart_model }) => [
      bar,
      counterpart_model,
    ]),
    [
      ["A", "ar-mini"],
      ["B", null],
      ["C", null],
      ["D", "d2f-dream-mini"],
      ["E", "d2f-dream-mini"],
      ["F", "d2f-dream-mini"],
    ],
  );
  const [table6] = await rowsOf("lopa-dist-table6");
  assertEquals([table6!.counterpart_layout, table6!.counterpart_sequences], [
    "BP 2, two-phase",
    4,
  ]);
  const missing = await rowsOf("lopa-dist-table4", { present: ["ar-mini"] });
  for (const row of missing) {
    assertEquals(row.counterpart_avg_tps, null);
    assertStringIncludes(row.why_not_measured as string, "not attempted: ");
  }
  assertStringIncludes(
    missing[0]!.why_not_measured as string,
    "needs d2f-dream-mini",
  );
});

Deno.test("measureDist() measures every claim of a whole grid, and finds where one fails", () => {
  const all = verdicts();
  assertEquals(Object.keys(all).length, 2 * DIST_CLAIMS.length);
  assertEquals(new Set(Object.values(all)), new Set(["reproduced"]));
  const failing = (name: string, made: MadeUp) => {
    const found = Object.entries(verdicts(made)).filter(([, verdict]) =>
      verdict !== "reproduced"
    );
    assert(found.length > 0, name);
    for (const [id] of found) assertStringIncludes(id, name);
  };
  failing("lopa-over-autoregressive", {
    rate: (entry) => entry.model === "ar-mini" ? 500 : madeUpRate(entry),
  });
  failing("lopa-over-d2f", {
    rate: (entry) => entry.id === "D2F" ? 500 : madeUpRate(entry),
  });
  failing("eight-over-four", {
    rate: (entry) => madeUpRate(entry) * (entry.lookaheads === 3 ? 2 : 1),
  });
  failing("threshold-buys-throughput", {
    rate: (entry) => entry.id === "S9" ? 140 : madeUpRate(entry),
  });
  assertEquals(verdicts({ present: [] }), {});
});

Deno.test("figures draw for whole grids and for stand-ins, and say which it is", async () => {
  for (const present of [TRAINED_MODELS, [], ["ar-mini"] as const]) {
    const figures = distFigures(distCells({ present }));
    assert(figures.length >= 4);
    for (const figure of figures) {
      assertStringIncludes(await renderSvg(figure), "<svg");
      const { title } = figure.spec.layout as unknown as {
        title: { text: string };
      };
      assert(!title.text.includes("Projected"), figure.id);
      const said = title.text.includes("stand-in");
      const drawn = figure.id.includes("tiny") ||
        !figure.id.includes("mini") && present !== TRAINED_MODELS;
      assertEquals(said, drawn, figure.id);
    }
  }
  assertEquals(distFigures([]), []);
  const [sweep] = distFigures(distCells()).filter(({ id }) =>
    id === "lopa-dist-sweep-d2f-dream-mini-gsm-mini"
  );
  assertStringIncludes(sweep!.description, "base's 75.0%: S8");
  assertEquals(madeUpScore({ tau: 0.7 } as never), 0.5);
});
