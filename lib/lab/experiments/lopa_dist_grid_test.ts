import { assert, assertEquals, assertLess } from "@std/assert";
import { MODES } from "../cell.ts";
import { TRAINED_MODELS } from "../evaluation/trained_models.ts";
import {
  cellSeconds,
  deviceCounts,
  lopaDistGrid,
  type SweepParameters,
} from "./lopa_dist_grid.ts";
import { layoutName, layoutThreads } from "./lopa_dist_layouts.ts";

const TASKS = [
  { task: "gsm-mini", maxNewTokens: 64 },
  { task: "code-mini", maxNewTokens: 64 },
];

function grid(
  mode: "quick" | "default" | "full",
  { present = TRAINED_MODELS, cores = 2 }: {
    readonly present?: readonly (typeof TRAINED_MODELS)[number][];
    readonly cores?: number;
  } = {},
) {
  return lopaDistGrid({ mode, cores, present, tasks: TASKS });
}

const sweeps = (cells: ReturnType<typeof grid>) =>
  cells.filter((cell): cell is SweepParameters => cell.kind === "sweep");

Deno.test("lopaDistGrid() keeps to the time of each mode on two cores", () => {
  for (const present of [TRAINED_MODELS, [], ["ar-mini"] as const]) {
    const [quick, standard, full] = MODES.map((mode) =>
      grid(mode, { present }).reduce((sum, cell) => sum + cellSeconds(cell), 0)
    );
    assertLess(quick!, 20);
    assertLess(standard!, 120);
    assertLess(standard!, full!);
  }
});

Deno.test("a sweep has S1 to S18 at the thresholds of Table 6, and every baseline that is there", () => {
  const [first] = sweeps(grid("default"));
  const ids = first!.entries.map(({ id }) => id);
  assertEquals(ids.slice(0, 5), [
    "autoregressive, 1 thread",
    "autoregressive, 2 threads",
    "base, one token per forward",
    "base, Fast-dLLM 0.9",
    "D2F",
  ]);
  assertEquals(ids.slice(5), Array.from({ length: 18 }, (_, i) => `S${i + 1}`));
  const setting = (id: string) => first!.entries.find((e) => e.id === id)!;
  assertEquals([setting("S1").tau, setting("S1").lookaheads], [0.95, 3]);
  assertEquals([setting("S12").tau, setting("S12").lookaheads], [0.7, 7]);
  const ascend = setting("S13");
  assertEquals(ascend.layout.protocol, "single-phase");
  assertEquals(ascend.decoder.options.visibility, "block-causal");
  assertEquals(setting("S1").decoder.options.visibility, "full");
  for (const { decoder, layout } of first!.entries) {
    assertEquals(decoder.options.maxNewTokens, 64);
    assert(layoutThreads(layout) <= 2);
  }
  const llada = sweeps(grid("full")).find(({ model }) =>
    model === "d2f-llada-mini"
  )!;
  const own = llada.entries.find(({ id }) => id === "S1")!;
  assertEquals(own.decoder.options.visibility, "block-causal");
});

Deno.test("where models are missing, stand-ins take the scaling and the sweep, and nothing else stands for them", () => {
  const cells = grid("default", { present: ["ar-mini"] });
  assertEquals(
    cells.map(({ model }) => model),
    [
      ...Array(4).fill("random-192x6"),
      "d2f-dream-mini",
      "d2f-dream-mini",
      "dream-tiny",
    ],
  );
  const [maths, , toy] = sweeps(cells);
  assertEquals([...new Set(maths!.entries.map(({ model }) => model))], [
    "ar-mini",
  ]);
  assertEquals(toy!.entries.length, 19);
  assertEquals(
    grid("default").some(({ model }) => model === "dream-tiny"),
    false,
  );
});

Deno.test("layouts grow with the machine; full attention never meets the single-phase protocol", () => {
  assertEquals([1, 2, 3, 8].map(deviceCounts), [[2], [2], [2], [2, 4, 8]]);
  for (const cell of grid("default", { cores: 8 })) {
    if (cell.kind !== "scaling") continue;
    const names = cell.layouts.map(layoutName);
    assertEquals(new Set(names).size, names.length);
    assertEquals(names[0], "1 device, 1 thread");
    const single = cell.layouts.some((one) => one.protocol === "single-phase");
    assertEquals(single, cell.visibility === "block-causal");
    for (const layout of cell.layouts) assert(layoutThreads(layout) <= 8);
  }
});
