/**
 * `deno task check`: the gate before a commit. Every step runs, what fails says why, and the exit status is 1 when one failed.
 *
 * @module
 */
import { checkNotebookCells } from "../lib/lab/check_notebook_cells.ts";
import { TEST_LOCK, withAssertions } from "./testing/assertions.ts";

const ROOT = new URL("../", import.meta.url);

/** What a step found, `null` when nothing is wrong. */
type Finding = string | null;

async function deno(...args: string[]): Promise<Finding> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
  }).output();
  const decoder = new TextDecoder();
  return success ? null : decoder.decode(stdout) + decoder.decode(stderr);
}

async function entryPoints(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("deno.json", ROOT));
  const { exports } = JSON.parse(text) as { exports: Record<string, string> };
  return Object.values(exports);
}

async function notebookCells(): Promise<Finding> {
  const folder = new URL("notebooks/", ROOT);
  const found: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".ipynb")) continue;
    const notebook = new URL(encodeURIComponent(name), folder);
    const problem = await checkNotebookCells(notebook, { lock: TEST_LOCK });
    if (problem !== null) found.push(problem);
  }
  return found.length === 0 ? null : found.join("\n");
}

const LOCK = `--lock=${TEST_LOCK}`;

const STEPS: readonly [name: string, run: () => Promise<Finding>][] = [
  // Notebooks are left out in deno.json: Deno 2.9.6 finds any of them unformatted, also those that it has just formatted.
  ["format", () => deno("fmt", "--check", "-q")],
  ["lint", () => deno("lint", "-q")],
  ["types", () => deno("check", "-q", LOCK)],
  [
    "documentation",
    async () => await deno("doc", "--lint", ...await entryPoints()),
  ],
  ["notebook cells", notebookCells],
  [
    "package",
    () => deno("publish", "--dry-run", "--allow-dirty", "-q", LOCK),
  ],
];

async function runSteps(): Promise<number> {
  let failed = 0;
  for (const [name, run] of STEPS) {
    const began = performance.now();
    const finding = await run();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (finding !== null) failed++;
    console.log(
      `${finding === null ? "ok    " : "FAILED"} ${name} (${seconds} s)`,
    );
    if (finding !== null) console.log(finding.trimEnd());
  }
  return failed;
}

const failed = await withAssertions(runSteps);
console.log(`\n${STEPS.length - failed} passed, ${failed} failed`);
if (failed > 0) Deno.exit(1);
