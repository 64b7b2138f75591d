/**
 * `deno task evaluate` without the process around it: opens a model, decodes and grades, prints and writes scores.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import { traceText } from "../../decoding/trace_writer.ts";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import type { ModelFamily } from "../../model/types.ts";
import type { Task } from "../../tasks/types.ts";
import {
  parseTrainedMethod,
  trainedDecoder,
} from "../experiments/lopa_scaling_methods.ts";
import {
  parseStudentMethod,
  studentDecoder,
} from "../experiments/dparallel_methods.ts";
import type { DecoderData } from "../experiments/methods.ts";
import { UsageError } from "../command_line.ts";
import type { JsonObject } from "../json.ts";
import type { Progress } from "../progress.ts";
import type { RunStore } from "../store.ts";
import type { EvaluateArguments } from "./arguments.ts";
import { decodedIdentity, promptsDigest } from "./decoded_problems.ts";
import { evaluate } from "./evaluate.ts";
import { defaultLanes, openLanes } from "./lanes.ts";
import { modelPlace } from "./model_place.ts";
import { type ScoreRow, scoreRow, writeScores } from "./score_file.ts";
import { score } from "./scores.ts";
import { scoreText } from "./texts.ts";

/** What the command needs from outside. */
export interface EvaluateTools {
  /** The tasks there are. */
  readonly tasks: readonly Task[];
  readonly progress: Progress;
  readonly print: (text: string) => void;
  /** Ends the evaluation; tasks finished by then are written. */
  readonly signal: AbortSignal;
  /** Where a run finds what was decoded, so that it does not decode it again. */
  readonly store: RunStore;
  /** Says what decodes, for the store. */
  readonly made: () => Promise<JsonObject>;
}

/** The method and its decoder; without one named, one token per step as the family does it. */
function chosen(
  args: EvaluateArguments,
  family: ModelFamily,
  { name: task, maxNewTokens }: Task,
): readonly [method: string, decoder: DecoderData] {
  if (args.decoder !== null) {
    const { name, options } = createDecoder({
      name: args.decoder,
      options: { maxNewTokens, ...args.options },
    });
    return [name, { name, options: options as JsonObject }];
  }
  const method = args.method ??
    (family === "qwen2" ? "autoregressive" : "one-by-one");
  const place = { family, task, maxNewTokens };
  const blockwise = parseStudentMethod(method);
  return [
    method,
    blockwise === null
      ? trainedDecoder(parseTrainedMethod(method), place)
      : studentDecoder(blockwise, place),
  ];
}

function tasksNamed(names: readonly string[], tasks: readonly Task[]): Task[] {
  return names.map((name) => {
    const task = tasks.find((known) => known.name === name);
    if (task !== undefined) return task;
    throw new UsageError(
      `Cannot use task "${name}": the tasks are ${
        tasks.map((known) => known.name).join(", ")
      }`,
    );
  });
}

/**
 * Runs the command and gives the rows it wrote.
 *
 * @throws {UsageError} For a task or a method that there is not. Also what loading, decoding, grading and writing throw.
 */
export async function evaluateModel(
  args: EvaluateArguments,
  { tasks, progress, print, signal, store, made }: EvaluateTools,
): Promise<readonly ScoreRow[]> {
  const { split, first, count, dtype: precision } = args;
  const wanted = tasksNamed(args.tasks, tasks);
  const { base, adapter } = await modelPlace(args.model, args.adapter);
  if (args.adapter !== null && args.out === null) {
    throw new UsageError(
      "Cannot write the scores of a model with an adapter into the folder of the model without it: name a file with --out",
    );
  }
  using checkpoint = await loadCheckpoint(base);
  const { family } = checkpoint.config;
  const runs = wanted.map((task) => ({
    task,
    chosen: chosen(args, family, task),
  }));
  const lanes = args.lanes ?? defaultLanes();
  const model = await openLanes(base, {
    dtype: precision,
    lanes,
    ...(adapter === null ? {} : { adapter }),
  });
  using file = args.trace === null ? null : await Deno.open(args.trace, {
    write: true,
    create: true,
    truncate: true,
  });
  const encoder = new TextEncoder();
  const { digest } = model.lanes[0]!.spec;
  const written: ScoreRow[] = [];
  const path = args.out ?? `${args.model}/evaluation.json`;
  try {
    for (const { task, chosen: [method, decoder] } of runs) {
      const label = `${task.name} ${split}, ${method}, ${precision}`;
      const show = countProgress(progress, { label, lanes });
      const begin = performance.now();
      const result = await evaluate(model, {
        ...{ task, split, first, count, decoder, signal, report: show },
        onTrace: (trace) => {
          file?.writeSync(encoder.encode(traceText(trace)));
        },
      });
      const { rows } = result, found = score(rows);
      await store.write(
        decodedIdentity({ decoder, split, first, count }, {
          model: digest,
          task: promptsDigest(task.digest, model.tokenizer.digest),
          precision,
        }),
        { result, ms: performance.now() - begin, made: await made() },
      );
      print(
        `${label}, problems ${first} to ${first + count - 1}\n${
          scoreText(rows, found, args)
        }`,
      );
      const row = scoreRow(found, {
        task: task.name,
        taskDigest: task.digest,
        decoder: method,
        ...{ split, first, precision, settings: decoder },
      });
      await writeScores(path, digest, [row]);
      written.push(row);
    }
    print(`Wrote ${path}\n`);
    return written;
  } finally {
    await model.close();
    for (const task of tasks) await task.close();
  }
}

/** Shows problems done of all, with the time left at the pace so far. */
function countProgress(
  progress: Progress,
  { label, lanes }: { readonly label: string; readonly lanes: number },
): (done: number, total: number) => void {
  const begin = performance.now();
  return (done, total) => {
    const elapsedSeconds = (performance.now() - begin) / 1000;
    const state = {
      ...{ title: "evaluate", done, total, reused: 0, fraction: 0 },
      label: `${label}, ${lanes} at a time`,
      elapsedSeconds,
      leftSeconds: elapsedSeconds / done * (total - done),
    };
    if (done < total) progress.update(state);
    else progress.finish(state);
  };
}
