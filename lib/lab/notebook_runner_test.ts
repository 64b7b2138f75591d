import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { runNotebook } from "./notebook_runner.ts";
import { parseNotebook } from "./jupyter/notebook.ts";

async function notebookOf(cells: string[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/book.ipynb`;
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      cells: cells.map((source) => ({
        cell_type: "code",
        metadata: {},
        source,
        outputs: [],
        execution_count: null,
      })),
      metadata: {},
      nbformat: 4,
      nbformat_minor: 5,
    }),
  );
  return path;
}

Deno.test("runNotebook() keeps every output of many short cells, in order", async () => {
  const count = 60;
  const path = await notebookOf(
    Array.from({ length: count }, (_, i) => `console.log("a${i}"); ${i}`),
  );
  const { notebook, executed, error } = await runNotebook(path);
  assertEquals(error, null);
  assertEquals(executed, count);
  for (const [i, cell] of notebook.cells.entries()) {
    const [stream, result] = cell.outputs!;
    assert(stream?.output_type === "stream");
    assertEquals(stream.text, `a${i}\n`);
    assert(result?.output_type === "execute_result");
    assertStringIncludes(String(result.data["text/plain"]), String(i));
    assertEquals(cell.execution_count, i + 1);
  }
});

Deno.test("runNotebook() stops at the first error and still writes what ran", async () => {
  const path = await notebookOf([
    `console.log("before")`,
    `throw new RangeError("no such block")`,
    `console.log("after")`,
  ]);
  const output = path.replace("book", "executed");
  const { executed, error } = await runNotebook(path, { output });
  assertEquals(executed, 2);
  assertEquals(error?.cell, 1);
  assertStringIncludes(error!.message, "no such block");
  const written = parseNotebook(await Deno.readTextFile(output), output);
  assertEquals(written.cells[0]!.outputs!.length, 1);
  assertEquals(written.cells[2]!.outputs!.length, 0);
});

Deno.test("runNotebook() interrupts a cell that runs past its limit", async () => {
  const path = await notebookOf([`while (true) {}`]);
  await assertRejects(
    () => runNotebook(path, { cellTimeoutMs: 1500 }),
    Error,
    "past its limit of 1500 ms",
  );
});

Deno.test("runNotebook() reports a kernel that exits", async () => {
  const path = await notebookOf([`Deno.exit(3)`]);
  await assertRejects(() => runNotebook(path), Error, "Lost the kernel");
});

Deno.test("parseNotebook() names what is wrong with a file", () => {
  for (
    const [text, message] of [
      ["{", "it is not JSON"],
      ["{}", "it has no cells"],
      [`{"cells":[],"nbformat":3}`, "found nbformat 3, need 4"],
      [`{"cells":[{"cell_type":"code"}],"nbformat":4}`, "cell 0"],
    ] as const
  ) {
    try {
      parseNotebook(text, "x.ipynb");
      assert(false, "must throw");
    } catch (error) {
      assert(error instanceof SyntaxError);
      assertStringIncludes(error.message, message);
    }
  }
});
