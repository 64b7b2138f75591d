/**
 * Runs the synthetic experiment as a program of its own, so that a test can kill it: FOLDER COUNT PAUSE [SHARD].
 *
 * @module
 */
import { planExperiment } from "../plan.ts";
import { runExperiment } from "../run.ts";
import { parseShard } from "../shard.ts";
import { RunStore } from "../store.ts";
import { squares } from "./squares.ts";

const [folder, count, pause, shard] = Deno.args as [
  string,
  string,
  string,
  string | undefined,
];
const encoder = new TextEncoder();
const experiment = squares({
  count: Number(count),
  pause: Number(pause),
  onCell: (n) => void Deno.stdout.writeSync(encoder.encode(`${n}\n`)),
});
const store = new RunStore(folder, "quick");
const planned = await planExperiment(experiment, {
  store,
  ...(shard === undefined ? {} : { shard: parseShard(shard) }),
});
const { cells } = await runExperiment(planned, { store });
Deno.stdout.writeSync(encoder.encode(`${cells.length} finished\n`));
