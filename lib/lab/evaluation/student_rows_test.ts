import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { renderSvg } from "../../figures/static/svg.ts";
import { writeSmallAdapter, writeSmallModel } from "./_small_students.ts";
import {
  adapterRows,
  distillationCurves,
  untrainedLines,
} from "./student_rows.ts";

Deno.test("adapterRows says what is there, how far it is, and how to make the rest", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const of = async (name: string) =>
    String(
      (await adapterRows(path)).find(({ adapter }) => adapter === name)!
        .trained,
    );
  const name = "dparallel-llada-mini", base = "llada-mini";
  const rank = (await adapterRows(path)).find(({ adapter }) =>
    adapter === `${name}-rank-64`
  )!;
  assertEquals([rank.rank, rank.epochs], [64, 1]);
  assertEquals(await of(name), `missing: deno task train ${name}`);
  await writeSmallModel(path, base);
  await writeSmallAdapter(path, { name, base });
  assertEquals(await of(name), "3 steps, that of 3 kept");
  await writeSmallAdapter(path, { name, base, change: { steps: 2 } });
  assertStringIncludes(await of(name), "2 of 3 steps: deno task train");
  await writeSmallAdapter(path, { name, base });
  await writeSmallModel(path, base, { seed: 2 });
  assertStringIncludes(await of(name), "made for another llada-mini");
});

Deno.test("untrainedLines says how to make what is not there, in the order asked", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const names = ["llada-mini-2", "dparallel-llada-mini-2"];
  assertEquals(
    await untrainedLines(names, path),
    names.map((name) =>
      `${name} is not trained yet: run \`deno task train ${name}\`.`
    ),
  );
  await writeSmallModel(path, "llada-mini-2");
  assertEquals((await untrainedLines(names, path)).length, 1);
  await writeSmallAdapter(path, { name: names[1]!, base: names[0]! });
  assertEquals(await untrainedLines(names, path), []);
});

Deno.test("distillationCurves draws what was logged, and nothing where nothing was", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  assertEquals(await distillationCurves("dream", path), null);
  const base = "dream-mini", name = "dparallel-dream-mini";
  await writeSmallModel(path, base);
  const point = {
    ...{ threshold: 0.5, problems: 64, passes: 12, deviation: 4, right: 0.875 },
  };
  const points = [
    { ...point, step: 0 },
    { ...point, step: 20, passes: 8 },
    { ...point, step: 20, threshold: 1, passes: 4 },
  ];
  await writeSmallAdapter(path, { name, base, change: { points } });
  await Deno.writeTextFile(
    join(path, name, "train_log.csv"),
    "stage,step,hard,certainty,correct\n1,10,0.5,0.2,0.9\n1,20,0.4,0.1,0.95\n",
  );
  const figure = (await distillationCurves("dream", path))!;
  assertEquals(figure.rows.length, 6 + 4);
  assertStringIncludes(figure.description, "dParallel 8.0 passes, 88% right");
  const first = figure.rows.find(({ y }) => y === 12)!;
  assertAlmostEquals(first.high as number, 12 + 1.99834 * 4 / 8, 1e-5);
  const right = figure.rows.find(({ y }) => y === 87.5)!;
  assert((right.low as number) > 76 && (right.high as number) < 94);
  assert((await renderSvg(figure)).includes("<svg"));
});
