/**
 * How a cell of the distillation study that looks at confidence is computed.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import type { Split, Task } from "../../tasks/types.ts";
import type { Evaluation } from "../evaluation/evaluate.ts";
import type { EvaluatedModel } from "../evaluation/lanes.ts";
import { ROW_BLOCK } from "../evaluation/problem_row.ts";
import {
  type ProbedDecode,
  probeDecode,
  probeStates,
} from "../evaluation/probe.ts";
import {
  addProbe,
  noProbes,
  type ProbeSums,
} from "../evaluation/probe_sums.ts";
import type { DiffusionModel } from "../../model/types.ts";
import type { DecoderData } from "./methods.ts";

/** What a cell gives: decoded and graded problems, or how sure a model is of some. JSON. */
export type StudentResult = Evaluation & {
  /** Confidence in the model's own states, and in those of its base; absent in a cell that decodes. */
  readonly probe?: {
    readonly own: ProbeSums;
    readonly shown: ProbeSums;
  };
};

/** Whose confidence is looked at. */
export interface StudentRequest {
  readonly task: Task;
  readonly decoder: DecoderData;
  readonly split: Split;
  readonly first: number;
  readonly count: number;
  readonly signal: AbortSignal;
  readonly report: (done: number, total: number) => void;
}

/** Steps whose confidence by position is kept. */
const MAX_STEPS = 24;

/**
 * Looks at confidence. The base's states are made by the same decoder; its answers are the reference of both.
 *
 * @param open Opens the base, then the model itself; the one before may be closed by then.
 */
export async function probeStudent(
  open: {
    readonly base: () => Promise<EvaluatedModel>;
    readonly own: () => Promise<EvaluatedModel>;
  },
  { task, decoder: spec, split, first, count, signal, report }: StudentRequest,
): Promise<StudentResult> {
  const decoder = createDecoder(spec);
  const teacher = await open.base();
  const prompts = Array.from(
    { length: count },
    (_, i) =>
      teacher.tokenizer.encode(task.problem(split, first + i).prompt, {
        bos: teacher.tokenizer.bosId !== null,
      }),
  );
  let done = 0;
  const told = <T>(result: T): T => {
    report(++done, 2 * count);
    return result;
  };
  const base = await spread(
    teacher,
    prompts,
    signal,
    async (lane, prompt) => told(await probeDecode(lane, decoder, prompt)),
  );
  const { eosId } = teacher.lanes[0]!.spec;
  const model = await open.own();
  const pairs = await spread(
    model,
    prompts,
    signal,
    async (lane, prompt, i) => {
      const own = await probeDecode(lane, decoder, prompt);
      const { states } = base[i]!;
      const shown = await probeStates(lane, states, { decoder, prompt });
      return told({ own, shown });
    },
  );
  let own = noProbes(), shown = noProbes();
  for (const [i, pair] of pairs.entries()) {
    const reference = {
      ...{ promptLength: prompts[i]!.length, eosId },
      ...{ blockSize: ROW_BLOCK, maxSteps: MAX_STEPS },
      ids: (base[i] as ProbedDecode).ids,
    };
    own = addProbe(own, pair.own.states, reference);
    shown = addProbe(shown, pair.shown, reference);
  }
  return { rows: [], metrics: [], probe: { own, shown } };
}

/** Runs something for every prompt, one at a time on every lane; results in the order of the prompts. */
async function spread<T>(
  { lanes }: EvaluatedModel,
  prompts: readonly Int32Array[],
  signal: AbortSignal,
  run: (
    lane: DiffusionModel,
    prompt: Int32Array,
    index: number,
  ) => Promise<T>,
): Promise<T[]> {
  const results: T[] = new Array(prompts.length);
  const waiting = prompts.entries();
  await Promise.all(lanes.map(async (lane) => {
    for (const [i, prompt] of waiting) {
      signal.throwIfAborted();
      results[i] = await run(lane, prompt, i);
    }
  }));
  return results;
}
