import {
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { sha256 } from "../json.ts";
import { RunStoppedError } from "../run.ts";
import { Bench, CLAIM } from "./_bench.ts";
import { assertPublishable, PublishRefusedError } from "./publish.ts";

Deno.test("reproduce() runs, judges, writes report, tables, claims and manifest, and reuses every cell the second time", async () => {
  const bench = await Bench.open();
  assertEquals(await bench.run(["--quick"]), 0);
  assertEquals(bench.computed, [1, 2, 3, 4]);
  assertStringIncludes(bench.text, "4 cells, 0 stored, 4 to compute");
  assertStringIncludes(bench.text, "1 hold, 0 differ");
  assertEquals(
    await bench.read("out/quick/tables/squares.csv"),
    "n,square\n1,1\n2,4\n3,9\n4,16\n",
  );
  const manifest = JSON.parse(await bench.read("out/quick/manifest.json"));
  assertEquals(
    manifest.outputs["tables/squares.csv"],
    sha256(await bench.read("out/quick/tables/squares.csv")),
  );
  assertEquals(manifest.experiments[0].computed, 4);
  assertEquals(manifest.experiments[0].made, [{ by: "test" }]);
  const { claims } = JSON.parse(await bench.read("out/quick/claims.json"));
  assertEquals(claims[0].verdict, "reproduced");
  assertStringIncludes(
    await bench.read("out/quick/report.html"),
    "Squares rise.",
  );

  assertEquals(await bench.run(["--quick"]), 0);
  assertEquals(bench.computed.length, 4);
  assertStringIncludes(bench.text, "4 stored, 0 to compute");
  const again = JSON.parse(await bench.read("out/quick/manifest.json"));
  assertEquals(again.experiments[0].reused, 4);
  assertEquals(again.experiments[0].made, [{ by: "test" }]);
});

Deno.test("reproduce() gives 1 when a claim differs and says which", async () => {
  const bench = await Bench.open();
  bench.claim = { ...CLAIM, shape: "falling" };
  assertEquals(await bench.run(["--quick"]), 1);
  assertStringIncludes(bench.text, "differs: Squares rise.");
});

Deno.test("reproduce() gives 2 when a cell fails, keeps the others and names the cause", async () => {
  const bench = await Bench.open();
  bench.onCell = (n) => {
    if (n === 3) throw new Error("no third square");
  };
  assertEquals(await bench.run(["--quick"]), 2);
  assertStringIncludes(
    bench.text,
    'Could not run: Cannot compute cell "n = 3" of squares: no third square',
  );
  bench.onCell = () => {};
  assertEquals(await bench.run(["--quick"]), 0);
  assertEquals(bench.computed, [1, 2, 3, 4]);
});

Deno.test("reproduce() stops when asked; the next run continues", async () => {
  const bench = await Bench.open();
  bench.onCell = (n) => n === 3 && bench.stop.abort();
  await assertRejects(() => bench.run(["--quick"]), RunStoppedError);
  const next = await Bench.open();
  await Deno.rename(join(bench.root, "runs"), join(next.root, "runs"));
  assertEquals(await next.run(["--quick"]), 0);
  assertEquals(next.computed, [3, 4]);
});

Deno.test("reproduce() executes notebooks of a whole run only, and gives 2 when one fails", async () => {
  const bench = await Bench.open();
  await bench.notebook("02_b.ipynb");
  await bench.notebook("01_a.ipynb");
  assertEquals(await bench.run(["--quick"]), 0);
  assertGreater(
    bench.text.indexOf("notebook 02_b.ipynb: 3 cells"),
    bench.text.indexOf("notebook 01_a.ipynb: 3 cells"),
  );
  const manifest = JSON.parse(await bench.read("out/quick/manifest.json"));
  assertEquals(manifest.outputs["notebooks/01_a.ipynb"], sha256("{}"));

  bench.runNotebook = () => Promise.reject(new Error("no kernel"));
  assertEquals(await bench.run(["--quick", "--only", "squares"]), 0);
  assertEquals(await bench.run(["--quick", "--shard", "1/1"]), 0);
  assertEquals(await bench.run(["--quick"]), 2);
  assertStringIncludes(bench.text, "notebook 01_a.ipynb: no kernel");
  assertStringIncludes(bench.text, "notebook 02_b.ipynb: no kernel");
});

Deno.test("reproduce() with --list or an unknown id computes nothing", async () => {
  const bench = await Bench.open();
  assertEquals(await bench.run(["--quick", "--list"]), 0);
  assertStringIncludes(bench.text, "4 to compute");
  await assertRejects(
    () => bench.run(["--quick", "--only", "cubes"]),
    RangeError,
    "the experiments are squares",
  );
  assertEquals(bench.computed, []);
});

Deno.test("reproduce() with --shard leaves the other cells out and says so", async () => {
  const bench = await Bench.open();
  assertEquals(await bench.run(["--quick", "--shard", "1/2"]), 0);
  assertEquals(bench.computed, [1, 3]);
  assertStringIncludes(bench.text, "2 left out");
  assertStringIncludes(bench.text, "2 cells were left out");
  assertStringIncludes(bench.text, "0 hold, 0 differ, 1 not attempted");
  assertEquals(await bench.run(["--quick", "--shard", "2/2"]), 0);
  assertEquals(bench.computed, [1, 3, 2, 4]);
  assertStringIncludes(bench.text, "1 hold, 0 differ, 0 not attempted");
});

Deno.test("reproduce() publishes from a clean work tree alone, replaces old results, and never reads them back", async () => {
  const bench = await Bench.open();
  const publish = (...more: string[]) =>
    bench.run(["--quick", "--publish", ...more]);
  await bench.git("init", "-q");
  await Deno.writeTextFile(join(bench.root, ".gitignore"), "/runs/\n/out/\n");
  await assertRejects(() => publish(), PublishRefusedError, "unknown");
  assertEquals(bench.computed, [], "refused before anything was computed");
  await bench.git("add", ".gitignore");
  await bench.git("commit", "-qm", "first");

  assertEquals(await publish(), 0);
  const names = ["report.html", "claims.json", "tables/squares.csv"];
  for (const name of names) {
    assertEquals(
      await bench.read(`results/${name}`),
      await bench.read(`out/quick/${name}`),
    );
  }
  const manifest = JSON.parse(await bench.read("results/manifest.json"));
  manifest.outputs["tables/old.csv"] = "0";
  await Deno.writeTextFile(
    join(bench.root, "results/manifest.json"),
    JSON.stringify(manifest),
  );
  await Deno.writeTextFile(join(bench.root, "results/tables/old.csv"), "");
  await Deno.remove(join(bench.root, "runs"), { recursive: true });
  assertEquals(await publish(), 0);
  assertEquals(bench.computed, [1, 2, 3, 4, 1, 2, 3, 4]);
  await assertRejects(() => bench.read("results/tables/old.csv"));

  await Deno.writeTextFile(join(bench.root, "new.txt"), "");
  await assertRejects(() => publish(), PublishRefusedError, "local changes");
  assertEquals(await publish("--allow-dirty"), 0);
});

Deno.test("assertPublishable() refuses when the state of the work tree is unknown", () => {
  assertThrows(
    () => assertPublishable({ unavailable: "no git" }),
    PublishRefusedError,
    "no git",
  );
});

Deno.test("reproduce() does not publish a run that failed", async () => {
  const bench = await Bench.open();
  bench.onCell = () => {
    throw new Error("no");
  };
  const args = ["--quick", "--publish", "--allow-dirty"];
  assertEquals(await bench.run(args), 2);
  assertStringIncludes(bench.text, "publication, because");
  await assertRejects(() => bench.read("results/report.html"));
});
