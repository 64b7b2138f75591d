import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  cellModule,
  checkNotebookCells,
  mapLines,
} from "./check_notebook_cells.ts";

function notebook(
  ...cells: [type: "code" | "markdown", source: string][]
): string {
  return JSON.stringify({
    cells: cells.map(([cell_type, source]) => ({
      cell_type,
      source: source.split(/(?<=\n)/),
    })),
  });
}

async function problemsOf(text: string): Promise<string | null> {
  const folder = await Deno.makeTempDir();
  const url = new URL(`file://${folder}/sample.ipynb`);
  await Deno.writeTextFile(url, text);
  try {
    return await checkNotebookCells(url);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const TEXT = notebook(
  ["markdown", "# Title\nand text"],
  ["code", "const a = 1;\nconst b = 2;"],
  ["markdown", "more"],
  ["code", "console.log(a + b);"],
);

Deno.test("cellModule() joins code cells and knows where each line comes from", () => {
  const { source, place } = cellModule(TEXT);
  assertEquals(
    source,
    "const a = 1;\nconst b = 2;\nconsole.log(a + b);\nexport {};\n",
  );
  assertEquals(place(2), { cell: 2, line: 2 });
  assertEquals(place(3), { cell: 4, line: 1 });
  assertEquals(place(4), null);
});

Deno.test("mapLines() names notebook, cell and line", () => {
  const given = {
    module: "file:///x/cells.ts",
    notebook: "tour.ipynb",
    cells: cellModule(TEXT),
  };
  assertEquals(
    mapLines(
      "bad at file:///x/cells.ts:3:7, not file:///x/cells_ts:3:7",
      given,
    ),
    "bad at tour.ipynb cell 4 line 1:7, not file:///x/cells_ts:3:7",
  );
});

Deno.test("checkNotebookCells() is content with good cells that await and share names", async () => {
  const text = notebook(
    ["code", "const a = await Promise.resolve(1);"],
    ["code", "console.log(a);"],
  );
  assertEquals(await problemsOf(text), null);
});

Deno.test("checkNotebookCells() reports type errors and lint by cell", async () => {
  const problems = await problemsOf(notebook(
    ["code", 'const a: number = "one";\nconsole.log(a);'],
    ["markdown", "text"],
    ["code", "console.log(1);\nvar b = 2;\nconsole.log(b);"],
  ));
  assertStringIncludes(problems!, "TS2322");
  assertStringIncludes(problems!, "sample.ipynb cell 1 line 1:7");
  assertStringIncludes(problems!, "no-var");
  assertStringIncludes(problems!, "sample.ipynb cell 3 line 2:1");
});
