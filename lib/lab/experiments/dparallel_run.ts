/**
 * How one cell of the distillation study is computed.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import { blockPasses, settledPasses } from "../../metrics/passes.ts";
import { mean } from "../../metrics/quantile.ts";
import type { Split, Task } from "../../tasks/types.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { EvaluatedModel } from "../evaluation/lanes.ts";
import type { ProblemRow } from "../evaluation/problem_row.ts";
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
import { TRAINED_BLOCK } from "./lopa_scaling_methods.ts";
import type { DecoderData } from "./methods.ts";

/** A problem's row with where its passes went. JSON. */
export type StudentRow = ProblemRow & {
  /** Forwards after which the answer was known. */
  readonly settled: number;
  /** Passes by block of 16. */
  readonly blocks: readonly number[];
  /** Blocks, from the first, that hold some of the answer or its end. */
  readonly inside: number;
  /** Mean probability with which the answer's tokens were written. */
  readonly committed: number;
};

/** What a cell gives. JSON. */
export type StudentResult = {
  /** Decoded and graded problems; none in a cell that looks at confidence. */
  readonly rows: readonly StudentRow[];
  /** Confidence in the model's own states, and in those of its base; `null` in a cell that decodes. */
  readonly probe: {
    readonly own: ProbeSums;
    readonly shown: ProbeSums;
  } | null;
};

/** What is decoded. */
export interface StudentRequest {
  readonly task: Task;
  readonly decoder: DecoderData;
  readonly split: Split;
  readonly first: number;
  readonly count: number;
  readonly signal: AbortSignal;
  readonly report: (done: number, total: number) => void;
}

/** Decodes and grades. */
export async function decodeStudent(
  model: EvaluatedModel,
  request: StudentRequest,
): Promise<StudentResult> {
  const found = new Map<number, Omit<StudentRow, keyof ProblemRow>>();
  const { rows } = await evaluate(model, {
    ...request,
    onTrace(trace) {
      const { prompt, model: { eosId } } = trace.header;
      const blocks = blockPasses(trace, { blockSize: TRAINED_BLOCK });
      const end = trace.result.ids.indexOf(eosId);
      const last = prompt.ids.length +
        (end < 0 ? trace.result.ids.length : end);
      const sure = trace.steps.flatMap(({ fills }) =>
        fills.filter(({ position }) => position < last)
          .map(({ probability }) => probability)
      );
      found.set(trace.header.sample, {
        settled: settledPasses(trace),
        blocks: blocks.map(({ passes }) => passes),
        inside: blocks.filter(({ behind }) => !behind).length,
        committed: sure.length === 0 ? 0 : mean(sure),
      });
    },
  });
  return {
    rows: rows.map((row, i) => ({ ...row, ...found.get(request.first + i)! })),
    probe: null,
  };
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
      ...{ blockSize: TRAINED_BLOCK, maxSteps: MAX_STEPS },
      ids: (base[i] as ProbedDecode).ids,
    };
    own = addProbe(own, pair.own.states, reference);
    shown = addProbe(shown, pair.shown, reference);
  }
  return { rows: [], probe: { own, shown } };
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
