import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { CellArchiveError } from "../cell_archive.ts";
import { Bench } from "./_bench.ts";

Deno.test("reproduce() draws everything from another machine's cells and computes nothing", async () => {
  const there = await Bench.open();
  await there.run(["--full"]);
  const here = await Bench.open();
  const file = join(there.root, "out/full/cells.jsonl.gz");
  assertEquals(await here.run(["--full", "--load", file]), 0);
  assertEquals(here.computed, []);
  assertStringIncludes(here.text, `Took 12 of the 12 cells in ${file}`);
  for (const name of ["tables/squares.csv", "claims.json", "cells.jsonl.gz"]) {
    assertEquals(
      await Deno.readFile(join(here.root, "out/full", name)),
      await Deno.readFile(join(there.root, "out/full", name)),
    );
  }
});

Deno.test("reproduce() puts the shards of two machines together", async () => {
  const [one, two] = [await Bench.open(), await Bench.open()];
  await one.run(["--quick", "--shard", "1/2"]);
  const file = join(one.root, "out/quick/cells.jsonl.gz");
  assertEquals(await two.run(["--quick", "--load", file]), 0);
  assertEquals([one.computed, two.computed], [[1, 3], [2, 4]]);
});

Deno.test("reproduce() refuses cells that are not there or of another mode before it computes", async () => {
  const bench = await Bench.open();
  await bench.run(["--quick"]);
  const file = join(bench.root, "out/quick/cells.jsonl.gz");
  for (const name of [file, "nowhere.gz"]) {
    await assertRejects(
      () => bench.run(["--load", name]),
      CellArchiveError,
      `Cannot take cells from "${name}"`,
    );
  }
  assertEquals(bench.computed.length, 4);
});
