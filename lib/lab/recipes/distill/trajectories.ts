/**
 * Making a teacher's trajectories: many prompts in lockstep, in parts that a stopped run finds again.
 *
 * @module
 */
import { join } from "node:path";
import { decodeLockstep } from "../../../decoding/lockstep.ts";
import { createDecoder } from "../../../decoding/registry.ts";
import type { DiffusionModel } from "../../../model/types.ts";
import { writeAtomically } from "../../../training/atomic.ts";
import { stepDraws } from "../../../training/draws.ts";
import { StateDamagedError } from "../../../training/run_errors.ts";
import {
  decodeTrajectories,
  encodeTrajectories,
  type Trajectory,
  type TrajectorySet,
  type TrajectorySource,
} from "../../../training/trajectories.ts";
import { canonicalJson, sha256 } from "../../json.ts";
import type { Progress } from "../../progress.ts";
import { taskAt } from "../batches.ts";
import { PromptsError } from "./errors.ts";
import type { TrajectoryRecipe } from "./types.ts";
import type { DistillWorld } from "./world.ts";

/** Problems of a part. */
const PART = 128;

/** Decodes at a time. */
const WIDTH = 16;

/** What trajectories are made with. */
export interface TrajectoryTools {
  readonly world: DistillWorld;
  /** Folder of all sets. */
  readonly folder: string;
  readonly progress: Progress;
  readonly warn: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** What decides the set: nothing else does. */
export function trajectorySource(
  { decoder, first, problems, mix, reject }: TrajectoryRecipe,
  { model, precision, world }: {
    readonly model: string;
    readonly precision: TrajectorySource["precision"];
    readonly world: DistillWorld;
  },
): TrajectorySource {
  const names = Object.keys(mix).sort();
  const tasks = names.map((name) => [name, taskNamed(world, name).digest]);
  return {
    ...{ model, decoder, first, problems, mix, reject, precision },
    tasks: Object.fromEntries(tasks),
  };
}

/** File of a set. */
export function trajectoryPath(
  folder: string,
  source: TrajectorySource,
): string {
  return join(folder, `${sha256(canonicalJson(source)).slice(0, 16)}.jsonl.gz`);
}

/** Whether the file of a set is there, whole or not. Needs read permission. */
export async function trajectoriesMade(
  folder: string,
  source: TrajectorySource,
): Promise<boolean> {
  try {
    return (await Deno.stat(trajectoryPath(folder, source))).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * The set as it lies in the folder, or `null`. Needs read permission.
 *
 * @throws {StateDamagedError} When the file is damaged.
 */
export async function readTrajectories(
  path: string,
): Promise<TrajectorySet | null> {
  try {
    return decodeTrajectories(await Deno.readFile(path), path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/**
 * The set of a source: from the folder, or made. A stopped run leaves its parts, and the next goes on behind them.
 *
 * @param model Opens the teacher; called only where something is to be decoded.
 * @throws {PromptsError} When a task has fewer prompts than are asked for, or no answer is left.
 * @throws What decoding and grading throw, and the signal's reason.
 */
export async function makeTrajectories(
  source: TrajectorySource,
  model: () => Promise<DiffusionModel>,
  tools: TrajectoryTools,
): Promise<TrajectorySet> {
  const path = trajectoryPath(tools.folder, source);
  const whole = await readWhole(path, tools.warn);
  if (whole !== null) return whole;
  const begin = performance.now();
  const parts: TrajectorySet[] = [];
  const count = Math.ceil(source.problems / PART);
  let reused = 0;
  for (let part = 0; part < count; part++) {
    const first = source.first + part * PART;
    const problems = Math.min(PART, source.problems - part * PART);
    const own = { ...source, first, problems };
    const place = partPath(path, part);
    const found = await readWhole(place, tools.warn);
    if (found !== null) reused++;
    const made = found ?? await decodePart(own, await model(), tools);
    if (found === null) await writeAtomically(place, encodeTrajectories(made));
    parts.push(made);
    showParts(tools.progress, { part: part + 1, count, reused, begin });
  }
  const set: TrajectorySet = {
    source,
    trajectories: parts.flatMap(({ trajectories }) => trajectories),
    rejected: {
      wrong: parts.reduce((sum, { rejected }) => sum + rejected.wrong, 0),
      endless: parts.reduce((sum, { rejected }) => sum + rejected.endless, 0),
    },
  };
  if (set.trajectories.length === 0) {
    throw new PromptsError(
      `of ${source.problems} answers ${set.rejected.wrong} are wrong and ${set.rejected.endless} have no end: nothing is left to learn from. ` +
        "Train the teacher further, or keep wrong answers",
    );
  }
  await writeAtomically(path, encodeTrajectories(set));
  for (let part = 0; part < count; part++) {
    await Deno.remove(partPath(path, part));
  }
  return set;
}

function partPath(path: string, part: number): string {
  return path.replace(
    ".jsonl.gz",
    `.part-${String(part).padStart(4, "0")}.gz`,
  );
}

/** The set of a file; `null` where it is absent or damaged. */
async function readWhole(
  path: string,
  warn: (text: string) => void,
): Promise<TrajectorySet | null> {
  try {
    return await readTrajectories(path);
  } catch (error) {
    if (!(error instanceof StateDamagedError)) throw error;
    warn(`${error.message}. Making it again.`);
    return null;
  }
}

async function decodePart(
  source: TrajectorySource,
  model: DiffusionModel,
  { world, signal }: TrajectoryTools,
): Promise<TrajectorySet> {
  const asked = Array.from({ length: source.problems }, (_, i) => {
    const index = source.first + i;
    const place = stepDraws({ seed: 0, step: index })("task");
    const name = taskAt(source.mix, place);
    const task = taskNamed(world, name);
    if (index >= task.available) {
      throw new PromptsError(
        `${name} has ${task.available} prompts, and number ${
          index + 1
        } is asked for; ask for fewer`,
      );
    }
    return { name, index, task, prompt: task.prompt("train", index) };
  });
  const outcomes = await decodeLockstep(
    model,
    asked.map(({ prompt, task: { maxNewTokens } }) => ({
      ...{ prompt, maxNewTokens },
      decoder: createDecoder({
        name: source.decoder.name,
        options: { ...source.decoder.options, maxNewTokens },
      }),
    })),
    { width: WIDTH, settle: true, ...(signal ? { signal } : {}) },
  );
  const trajectories: Trajectory[] = [];
  const rejected = { wrong: 0, endless: 0 };
  for (const [i, { name, index, task, prompt }] of asked.entries()) {
    const { answer, settledAt } = outcomes[i]!;
    if (answer.at(-1) !== model.spec.eosId) {
      rejected.endless++;
    } else if (source.reject && !await task.right("train", index, answer)) {
      rejected.wrong++;
    } else {
      trajectories.push({
        ...{ task: name, index, forwards: settledAt },
        ...{ prompt: [...prompt], answer: [...answer] },
      });
    }
  }
  return { source, trajectories, rejected };
}

function taskNamed({ tasks }: DistillWorld, name: string) {
  const task = tasks.get(name);
  if (task !== undefined) return task;
  throw new PromptsError(
    `there is no task "${name}"; the tasks are ${[...tasks.keys()].join(", ")}`,
  );
}

function showParts(
  progress: Progress,
  { part, count, reused, begin }: {
    readonly part: number;
    readonly count: number;
    readonly reused: number;
    readonly begin: number;
  },
): void {
  const elapsedSeconds = (performance.now() - begin) / 1000;
  const made = part - reused;
  const state = {
    title: "trajectories",
    ...{ done: part, total: count, reused, fraction: 0, elapsedSeconds },
    label: `${PART} problems each`,
    leftSeconds: made === 0 ? 0 : elapsedSeconds / made * (count - part),
  };
  if (part < count) progress.update(state);
  else progress.finish(state);
}
