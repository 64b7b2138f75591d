/**
 * `deno task evaluate`: decodes and grades problems of the tasks with a model, prints scores, writes `evaluation.json`, and leaves
 * what it decoded where `reproduce --full` finds it.
 *
 * @module
 */
import {
  evaluateUsage,
  parseEvaluateArguments,
} from "./evaluation/arguments.ts";
import { evaluateModel } from "./evaluation/command.ts";
import { evaluationTasks } from "./evaluation/tasks.ts";
import { UsageError } from "./command_line.ts";
import { madeHere, RUNS_FOLDER } from "./lab.ts";
import { terminalProgress } from "./progress_terminal.ts";
import { RunStore } from "./store.ts";

const encoder = new TextEncoder();
const tasks = evaluationTasks();
const usage = evaluateUsage(tasks.map(({ name }) => name));
const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => {
  if (stop.signal.aborted) Deno.exit(130);
  stop.abort(new Error("stopped; the scores of finished tasks are written"));
});

if (Deno.args.length === 0 || Deno.args.includes("--help")) {
  console.log(usage);
  Deno.exit(Deno.args.length === 0 ? 1 : 0);
}
try {
  await evaluateModel(parseEvaluateArguments(Deno.args), {
    tasks,
    progress: terminalProgress(),
    signal: stop.signal,
    store: new RunStore(RUNS_FOLDER, "full"),
    made: madeHere,
    print: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
  });
  Deno.exit(0);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(`${error.name}: ${error.message}`);
  if (error instanceof UsageError) console.error(`\n${usage}`);
  Deno.exit(1);
}
