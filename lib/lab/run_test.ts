import {
  assertAlmostEquals,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
} from "@std/assert";
import { planExperiment } from "./plan.ts";
import { CellError, runExperiment, RunStoppedError } from "./run.ts";
import { RunStore } from "./store.ts";
import { squares } from "./testing/squares.ts";
import type { Mode } from "./cell.ts";
import type { Experiment } from "./experiment.ts";
import type { ProgressState } from "./progress.ts";
import { parseShard } from "./shard.ts";

const folder = () => Deno.makeTempDir();

/** Runs squares over `root` and returns what was computed. */
async function run(
  root: string,
  options: {
    count: number;
    mode?: Mode;
    version?: number;
    shard?: string;
    timing?: { library: string; machine: string };
  },
) {
  const { count, mode = "quick", version = 1, shard, timing } = options;
  const computed: number[] = [];
  const store = new RunStore(root, mode);
  const experiment = squares({
    count,
    version,
    timing: timing !== undefined,
    onCell: (n) => computed.push(n),
  });
  const planned = await planExperiment(experiment, {
    store,
    ...(shard === undefined ? {} : { shard: parseShard(shard) }),
    ...(timing === undefined ? {} : { timing }),
  });
  const result = await runExperiment(planned, { store });
  return { computed, result, seconds: planned.seconds };
}

Deno.test("runExperiment() computes each cell once and then reuses it", async () => {
  const root = await folder();
  const first = await run(root, { count: 3 });
  assertEquals(first.computed, [1, 2, 3]);
  const second = await run(root, { count: 4 });
  assertEquals(second.computed, [4]);
  assertEquals(second.result.reused, 3);
  assertEquals(second.seconds, 0.1);
  assertEquals(
    second.result.cells.slice(0, 3).map(({ key, result, ms }) => [
      key,
      result,
      ms,
    ]),
    first.result.cells.map(({ key, result, ms }) => [key, result, ms]),
  );
  assertEquals(second.result.cells.map((cell) => cell.result.square), [
    1,
    4,
    9,
    16,
  ]);
});

Deno.test("runExperiment() keeps what made a cell, and does not compute it again for that", async () => {
  const store = new RunStore(await folder(), "quick");
  const stamps = async (count: number, library: string) => {
    const planned = await planExperiment(squares({ count }), { store });
    const made = () => Promise.resolve({ library });
    const { cells } = await runExperiment(planned, { store, made });
    return cells.map((cell) => cell.made);
  };
  assertEquals(await stamps(1, "a"), [{ library: "a" }]);
  assertEquals(await stamps(2, "b"), [{ library: "a" }, { library: "b" }]);
});

Deno.test("runExperiment() keeps modes, versions, libraries and machines apart", async () => {
  const root = await folder();
  await run(root, { count: 2 });
  assertEquals((await run(root, { count: 1, mode: "default" })).computed, [
    1,
    2,
  ]);
  assertEquals((await run(root, { count: 2, version: 2 })).computed, [1, 2]);
  const timing = { library: "a", machine: "m" };
  assertEquals((await run(root, { count: 2, timing })).computed, [1, 2]);
  assertEquals((await run(root, { count: 2, timing })).computed, []);
  for (const other of [{ library: "b" }, { machine: "n" }]) {
    const { computed } = await run(root, {
      count: 2,
      timing: { ...timing, ...other },
    });
    assertEquals(computed, [1, 2]);
  }
});

type Sharing = { readonly n: number; readonly of: string };

/** Squares of some numbers, which other experiments may take. */
function sharedSquares(
  id: string,
  { numbers, computed }: {
    readonly numbers: readonly number[];
    readonly computed: string[];
  },
): Experiment<Sharing, number> {
  const { title, version, reproduces, timing, seeds } = squares({ count: 0 });
  return {
    ...{ id, title, version, reproduces, timing, seeds, claims: [] },
    plan: () =>
      Promise.resolve(numbers.map((n) => ({
        ...{ parameters: { n, of: id }, label: `${n}`, precision: "f64" },
        ...{ model: null, task: null, seconds: 1 },
        shared: { name: "shared-squares", version: 1, parameters: { n } },
      }))),
    run({ parameters: { n } }) {
      computed.push(`${id} ${n}`);
      return Promise.resolve(n * n);
    },
    ...{ measure: () => [], tables: () => [] },
    figures: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
}

Deno.test("what experiments share is planned, computed and stored once", async () => {
  const store = new RunStore(await folder(), "quick");
  const computed: string[] = [];
  const earlier = new Set<string>();
  const plans = [];
  for (const [id, numbers] of [["a", [1, 2]], ["b", [2, 3]]] as const) {
    const experiment = sharedSquares(id, { numbers, computed });
    plans.push(await planExperiment(experiment, { store, earlier }));
  }
  assertEquals(plans.map(({ seconds }) => seconds), [2, 1]);
  assertEquals(plans[1]!.cells.map(({ earlier }) => earlier), [true, false]);
  const results = [];
  for (const plan of plans) results.push(await runExperiment(plan, { store }));
  assertEquals(computed, ["a 1", "a 2", "b 3"]);
  assertEquals(results.map(({ computed }) => computed), [2, 1]);
  // What is an experiment's own about a cell stays its own.
  const [two] = results[1]!.cells;
  assertEquals(two!.plan.parameters, { n: 2, of: "b" });
  assertEquals([two!.result, two!.reused], [4, true]);
  // Of two processes one has it, in both experiments.
  const owners = [];
  for (const [id, numbers] of [["a", [1, 2]], ["b", [2, 3]]] as const) {
    for (const shard of ["1/2", "2/2"]) {
      const planned = await planExperiment(
        sharedSquares(id, { numbers, computed }),
        { store, shard: parseShard(shard) },
      );
      const cell = planned.cells.find(({ plan }) => plan.parameters.n === 2)!;
      if (cell.mine) owners.push(shard);
    }
  }
  assertEquals([owners.length, new Set(owners).size], [2, 1]);
});

Deno.test("planExperiment() refuses a timing experiment without library and machine", async () => {
  const store = new RunStore(await folder(), "quick");
  await assertRejects(
    () => planExperiment(squares({ count: 1, timing: true }), { store }),
    TypeError,
    "measures time",
  );
});

Deno.test("runExperiment() computes only its shard and takes the others' cells from the store", async () => {
  const root = await folder();
  const first = await run(root, { count: 5, shard: "1/2" });
  assertEquals(first.computed, [1, 3, 5]);
  assertEquals(first.result.missing, 2);
  const second = await run(root, { count: 5, shard: "2/2" });
  assertEquals(second.computed, [2, 4]);
  assertEquals(second.result.missing, 0);
  assertEquals(second.result.cells.length, 5);
});

Deno.test("runExperiment() stops when asked and keeps what is finished", async () => {
  const root = await folder();
  const store = new RunStore(root, "quick");
  const stop = new AbortController();
  const experiment = squares({
    count: 4,
    onCell: (n) => n === 3 && stop.abort(),
  });
  const planned = await planExperiment(experiment, { store });
  await assertRejects(
    () => runExperiment(planned, { store, signal: stop.signal }),
    RunStoppedError,
    "after 2 of 4 cells",
  );
  assertEquals((await run(root, { count: 4 })).computed, [3, 4]);
});

Deno.test("runExperiment() names the cell that failed and its cause", async () => {
  const store = new RunStore(await folder(), "quick");
  const cause = new RangeError("out of squares");
  const experiment = squares({
    count: 2,
    onCell: (n) => {
      if (n === 2) throw cause;
    },
  });
  const planned = await planExperiment(experiment, { store });
  const error = await assertRejects(
    () => runExperiment(planned, { store }),
    CellError,
    'cell "n = 2" of squares: out of squares',
  );
  assertEquals(error.cause, cause);
  assertEquals(error.parameters, { n: 2 });
});

Deno.test("runExperiment() reports progress from nothing to all with the time left", async () => {
  const store = new RunStore(await folder(), "quick");
  const states: ProgressState[] = [];
  const progress = {
    update: (state: ProgressState) => void states.push(state),
    finish: (state: ProgressState) => void states.push(state),
  };
  const planned = await planExperiment(squares({ count: 3 }), { store });
  await runExperiment(planned, { store, progress });
  assertEquals(states[0]?.done, 0);
  assertEquals(states[0]?.leftSeconds, planned.seconds);
  assertEquals(states.at(-1)?.done, 3);
  assertAlmostEquals(states.at(-1)!.leftSeconds, 0, 1e-9);
  for (const [i, state] of states.slice(1).entries()) {
    assertGreaterOrEqual(state.done, states[i]!.done);
    assertLess(state.leftSeconds, planned.seconds + 1e-9);
  }
});
