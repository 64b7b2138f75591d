/** The notebooks under a second client: Debian's nbconvert, where it is installed. */
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { fileURLToPath } from "node:url";
import { type CellOutput, parseNotebook } from "./jupyter/notebook.ts";

const NBCONVERT = "jupyter-nbconvert";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Notebooks and their figures: at least so many, more where trained models are there. */
const NOTEBOOKS = [
  ["01_token_filling_order.ipynb", 2],
  ["02_tpf_scaling.ipynb", 2],
  ["03_throughput.ipynb", 9],
  ["04_kv_cache_protocols.ipynb", 4],
] as const;

/** Whether nbconvert starts; a search path without it also forbids to start it. */
async function installed(): Promise<boolean> {
  try {
    const args = ["--version"];
    const { success } = await new Deno.Command(NBCONVERT, { args }).output();
    return success;
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (absent) return false;
    throw error;
  }
}

const ignore = !await installed();
if (ignore) {
  console.log(
    "skipped: notebooks under nbconvert, which is not installed (Debian: jupyter-nbconvert)",
  );
}

/** A Jupyter data folder whose only kernel is this Deno. */
async function kernelFolder(): Promise<string> {
  await Deno.mkdir(`${ROOT}.cache/tests`, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: `${ROOT}.cache/tests` });
  await Deno.mkdir(`${folder}/kernels/deno`, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/kernels/deno/kernel.json`,
    JSON.stringify({
      argv: [
        Deno.execPath(),
        "jupyter",
        "--kernel",
        "--conn",
        "{connection_file}",
      ],
      display_name: "Deno",
      language: "typescript",
    }),
  );
  return folder;
}

for (const [name, least] of NOTEBOOKS) {
  Deno.test({
    name: `${name} runs under nbconvert without an error and shows its figures`,
    ignore,
    async fn() {
      const folder = await kernelFolder();
      const { success, stderr } = await new Deno.Command(NBCONVERT, {
        args: [
          "--to=notebook",
          "--execute",
          "--ExecutePreprocessor.timeout=300",
          `--output-dir=${folder}`,
          `${ROOT}notebooks/${name}`,
        ],
        env: {
          JUPYTER_DATA_DIR: folder,
          JUPYTER_RUNTIME_DIR: folder,
          DLLM_LAB_MODE: "quick",
        },
        stdout: "null",
        stderr: "piped",
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      const path = `${folder}/${name}`;
      const book = parseNotebook(await Deno.readTextFile(path), path);
      const outputs = book.cells.flatMap((cell): CellOutput[] =>
        cell.outputs ?? []
      );
      assertEquals(outputs.filter((out) => out.output_type === "error"), []);
      const figures = outputs.filter((out) =>
        out.output_type === "display_data" && "image/svg+xml" in out.data
      );
      assertGreaterOrEqual(figures.length, least);
      await Deno.remove(folder, { recursive: true });
    },
  });
}
