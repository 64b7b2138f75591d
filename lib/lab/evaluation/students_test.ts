import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { join } from "node:path";
import { nativeTest } from "../../engine/_fixture.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { gsmMini } from "../../tasks/gsm_mini.ts";
import { UsageError } from "../command_line.ts";
import { SILENT } from "../progress.ts";
import { RunStore } from "../store.ts";
import { writeSmallAdapter, writeSmallModel } from "./_small_students.ts";
import { parseEvaluateArguments } from "./arguments.ts";
import { evaluateModel } from "./command.ts";
import { modelPlace } from "./model_place.ts";
import { readScores } from "./score_file.ts";
import { OpenModels } from "./open_models.ts";
import { allStudents, presentStudents } from "./students.ts";

Deno.test("students are bases first, then adapters of these", () => {
  const names = allStudents().map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const { name, base } of allStudents()) {
    assert(base === null || names.includes(base), name);
  }
});

Deno.test("only adapters that are trained to their end, on the base that is there, are present", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  assertEquals(await presentStudents(path), []);
  await writeSmallModel(path, "llada-mini");
  const base = "llada-mini";
  await writeSmallAdapter(path, { name: "dparallel-llada-mini", base });
  await writeSmallAdapter(path, {
    ...{ name: "dparallel-llada-mini-consistency", base },
    change: { steps: 2 },
  });
  const names = async () =>
    (await presentStudents(path)).map(({ name }) => name);
  assertEquals(await names(), ["llada-mini", "dparallel-llada-mini"]);
  await writeSmallModel(path, "llada-mini", { seed: 2 });
  assertEquals(await names(), ["llada-mini"]);
});

Deno.test("an adapter's base is the folder beside it; what is missing is named", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await writeSmallModel(path, "dream-mini");
  const base = "dream-mini", name = "dparallel-dream-mini";
  await writeSmallAdapter(path, { name, base });
  assertEquals(await modelPlace(join(path, name)), {
    ...{ base: join(path, base), adapter: join(path, name) },
  });
  assertEquals(await modelPlace(join(path, base), "x"), {
    ...{ base: join(path, base), adapter: "x" },
  });
  await assertRejects(
    () => modelPlace(join(path, name), "x"),
    UsageError,
    "an adapter itself",
  );
  await Deno.remove(join(path, base), { recursive: true });
  await assertRejects(
    () => modelPlace(join(path, name)),
    UsageError,
    "holds no model",
  );
});

nativeTest(
  "evaluate takes an adapter's folder, keeps its scores there, under the digest that the lab knows it by",
  async () => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    await writeSmallModel(path, "dream-mini");
    const base = "dream-mini", name = "dparallel-dream-mini";
    await writeSmallAdapter(path, { name, base });
    const students = new OpenModels({ folder: path });
    const plain = await students.facts(base);
    const adapted = await students.facts(name);
    assertNotEquals(adapted.digest, plain.digest);
    assertEquals(adapted.tokenizer, plain.tokenizer);
    const model = await students.open(name);
    assertEquals(model.lanes[0]!.spec.digest, adapted.digest);
    assertEquals(await students.open(name), model);
    await students.close();
    const args = parseEvaluateArguments([
      ...[join(path, name), "--task", "gsm-mini", "--n", "2", "--lanes", "1"],
      ...["--method", "entropy-0.5"],
    ]);
    const rows = await evaluateModel(args, {
      ...{ tasks: [gsmMini], progress: SILENT, print: () => {} },
      signal: new AbortController().signal,
      store: new RunStore(join(path, "runs"), "quick"),
      made: () => Promise.resolve({}),
    });
    assertEquals(rows[0]!.settings.name, "dparallel-dream");
    const kept = await readScores(
      join(path, name, "evaluation.json"),
      adapted.digest,
    );
    assertEquals(kept, rows);
  },
);
