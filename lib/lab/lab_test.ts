import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MODES, parseMode } from "./cell.ts";
import { currentMode, runLab } from "./lab.ts";

Deno.test("parseMode() knows the modes and refuses other names", () => {
  assertEquals(MODES.map(parseMode), [...MODES]);
  for (const bad of ["", "Quick", "fast"]) {
    assertThrows(() => parseMode(bad), RangeError, "the modes are");
  }
});

Deno.test({
  name: "currentMode() is default where the environment may not be read",
  permissions: { env: false },
  fn: () => assertEquals(currentMode(), "default"),
});

Deno.test("runLab() computes an experiment once and then takes it from the store", async () => {
  const runs = await Deno.makeTempDir();
  const run = () => runLab("token-filling-order", { mode: "quick", runs });
  const first = await run();
  assertEquals([first.computed, first.reused], [8, 0]);
  const second = await run();
  assertEquals([second.computed, second.reused], [0, 8]);
  assertEquals(second.tables, first.tables);
  assertEquals(second.figures, first.figures);
  assertEquals(second.mode, "quick");
  await Deno.remove(runs, { recursive: true });
});

Deno.test("runLab() names the experiments when asked for another", async () => {
  await assertRejects(
    () => runLab("cubes"),
    RangeError,
    "the experiments are token-filling-order, tpf-scaling",
  );
});
