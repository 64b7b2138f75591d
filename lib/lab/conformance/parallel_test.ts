/** Recorded runs over ranks: they pass, and a changed record fails, unless it rests on less than another order of additions gives. */
import { assertEquals, assertRejects } from "@std/assert";
import { nativeTest } from "../../engine/_fixture.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { MeshError } from "../../parallel/errors.ts";
import type { RankMesh } from "../../parallel/mesh.ts";
import { conformance } from "../conformance_main.ts";
import { goldenDirectory } from "../golden_archive.ts";
import type { CaseOutcome } from "./outcome.ts";
import { directoryCases } from "./runner.ts";
import type { GoldenTraceFile } from "./trace_file.ts";

const FILES = ["paper-full-k3-bs8-t3", "script-causal-k5-bs16-t1"];

/** Runs the first two runs of each file, changed by `change`. */
async function outcomes(
  mesh: RankMesh,
  change: (file: GoldenTraceFile) => GoldenTraceFile = (file) => file,
): Promise<CaseOutcome[]> {
  const golden = await goldenDirectory();
  await using folder = await temporaryFolder();
  const traces = `${folder.path}/traces/dream-lopa`;
  await Deno.mkdir(traces, { recursive: true });
  for (const name of FILES) {
    const path = `traces/dream-lopa/${name}.json`;
    const file: GoldenTraceFile = JSON.parse(
      await Deno.readTextFile(`${golden}/${path}`),
    );
    const some = change({ ...file, runs: file.runs.slice(0, 2) });
    await Deno.writeTextFile(`${folder.path}/${path}`, JSON.stringify(some));
    const checkpoint = `checkpoints/${file.checkpoint}`;
    await Deno.mkdir(`${folder.path}/${checkpoint}`, { recursive: true });
    for await (const { name } of Deno.readDir(`${golden}/${checkpoint}`)) {
      await Deno.copyFile(
        `${golden}/${checkpoint}/${name}`,
        `${folder.path}/${checkpoint}/${name}`,
      );
    }
  }
  return await Array.fromAsync(
    directoryCases(folder.path, { device: null, mesh }),
  );
}

/** The file with another token at the end of every result. */
function changed(
  file: GoldenTraceFile,
  margin?: number,
): GoldenTraceFile {
  return {
    ...file,
    runs: file.runs.map((run) => ({
      ...run,
      ...(margin === undefined ? {} : { min_margin: margin }),
      result: {
        ...run.result,
        ids: run.result.ids.with(-1, run.result.ids.at(-1)! + 1),
      },
    })),
  };
}

const statuses = (all: readonly CaseOutcome[]) =>
  all.map(({ group, status }) => `${group}: ${status}`);

nativeTest(
  "parallel: recorded runs pass, block-causal ones under both protocols",
  async () => {
    assertEquals(statuses(await outcomes({ bp: 3, tp: 1 })), [
      ...Array(4).fill("traces/dream-lopa two-phase: passed"),
      ...Array(2).fill("traces/dream-lopa single-phase: passed"),
    ]);
  },
);

nativeTest(
  "parallel: a record that differs fails, whatever its margin, where no model is sharded",
  async () => {
    const all = await outcomes({ bp: 2, tp: 1 }, (file) => changed(file, 1e-5));
    assertEquals(all.map(({ status }) => status), Array(6).fill("failed"));
    assertEquals(all[0]!.differences[0]!.where, "result ids");
  },
);

Deno.test("conformance: --parallel wants a mesh, and the native engine", async () => {
  await assertRejects(() => conformance(["--parallel"]), MeshError, "wanted");
  await assertRejects(
    () => conformance(["--parallel", "bp=2", "--reference"]),
    TypeError,
    "take one of them",
  );
});
