/**
 * Decoding and grading problems of a task, several at a time.
 *
 * @module
 */
import { runDecode } from "../../decoding/decode.ts";
import { counterUniforms } from "../../decoding/random.ts";
import { createDecoder, type DecoderSpec } from "../../decoding/registry.ts";
import type { Trace } from "../../decoding/trace_types.ts";
import type { Decoder } from "../../decoding/types.ts";
import { measure } from "../../metrics/metrics.ts";
import type { Tokenizer } from "../../model/tokenizer.ts";
import type { DiffusionModel } from "../../model/types.ts";
import type { Problem, Split, Task } from "../../tasks/types.ts";
import { answerText } from "../generate.ts";
import type { EvaluatedModel } from "./lanes.ts";
import { type ProblemRow, problemRow } from "./problem_row.ts";

/** What is decoded, and how. */
export interface EvaluationRequest {
  /** Where the problems come from and who grades the answers. */
  readonly task: Task;
  /** Which of its problems. */
  readonly split: Split;
  /** Index of the first problem. */
  readonly first: number;
  /** Number of problems. */
  readonly count: number;
  /** How they are decoded. */
  readonly decoder: DecoderSpec;
  /** Ends the evaluation between forwards, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each problem. */
  readonly report?: (done: number, total: number) => void;
  /** Takes each finished trace, in the order in which they finish. */
  readonly onTrace?: (trace: Trace) => void | Promise<void>;
}

/** A metric over all problems, or why it does not apply. JSON. */
export type EvaluationMetric = {
  readonly id: string;
  readonly unit: string;
  readonly value: number | null;
  readonly reason?: string;
};

/** What an evaluation gives. JSON. */
export type Evaluation = {
  /** One row per problem, in the order of their indices. */
  readonly rows: readonly ProblemRow[];
  /** Every definition of tokens per forward and of cost, over all problems. */
  readonly metrics: readonly EvaluationMetric[];
};

/**
 * Decodes and grades problems `first` to `first + count - 1`. The result does not depend on the number of lanes.
 *
 * Throws what decoder, model, tokenizer and task throw, and the signal's reason when aborted.
 */
export async function evaluate(
  model: EvaluatedModel,
  request: EvaluationRequest,
): Promise<Evaluation> {
  const { task, split, first, count } = request;
  const { options } = createDecoder(request.decoder);
  const seed = typeof options.seed === "number" ? options.seed : 0;
  const traces: Trace[] = new Array(count);
  const rows: ProblemRow[] = new Array(count);
  const stop = new AbortController();
  const signal = request.signal === undefined
    ? stop.signal
    : AbortSignal.any([request.signal, stop.signal]);
  let next = 0, done = 0;

  const work = async (lane: DiffusionModel) => {
    while (next < count) {
      const i = next++;
      const problem = task.problem(split, first + i);
      const trace = await decodeProblem(lane, problem, {
        tokenizer: model.tokenizer,
        // A stream of random numbers for each problem, whichever lane decodes it.
        decoder: createDecoder(request.decoder, {
          uniforms: counterUniforms(seed, { sample: first + i }),
        }),
        sample: first + i,
        signal,
      });
      const text = answerText(trace.result.ids, model.tokenizer, lane.spec);
      const grade = await task.grade(problem, text);
      traces[i] = trace;
      rows[i] = problemRow(trace, { problem, grade, text });
      await request.onTrace?.(trace);
      request.report?.(++done, count);
    }
  };

  const lanes = model.lanes.map((lane) =>
    work(lane).catch((error) => {
      stop.abort(error);
      throw error;
    })
  );
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
  return { rows, metrics: metricsOf(traces, model.tokenizer) };
}

async function decodeProblem(
  model: DiffusionModel,
  problem: Problem,
  { tokenizer, decoder, sample, signal }: {
    readonly tokenizer: Tokenizer;
    readonly decoder: Decoder;
    readonly sample: number;
    readonly signal: AbortSignal;
  },
): Promise<Trace> {
  const prompt = tokenizer.encode(problem.prompt, {
    bos: tokenizer.bosId !== null,
  });
  const { maxNewTokens, seed, temperature } = decoder.options;
  const { steps, result } = await runDecode(model, decoder, prompt, {
    signal,
    ...(typeof maxNewTokens === "number"
      ? { maxPositions: prompt.length + maxNewTokens }
      : {}),
  });
  const drawn = typeof temperature === "number" && temperature > 0;
  const header = {
    decoder: { name: decoder.name, options: decoder.options },
    model: model.spec,
    vocabulary: { digest: tokenizer.digest },
    stopStrings: [],
    prompt: { text: problem.prompt, ids: [...prompt] },
    sample,
    seed: drawn && typeof seed === "number" ? seed : null,
  };
  return { header, steps, result, timings: [] };
}

function metricsOf(
  traces: readonly Trace[],
  tokenizer: Tokenizer,
): EvaluationMetric[] {
  const encode = (text: string) => [...tokenizer.encode(text)];
  const decode = (ids: readonly number[]) =>
    tokenizer.decode(ids, { skipSpecial: true });
  return measure(traces, { encode, decode }).map((
    { id, unit, value, reason },
  ) => ({
    id,
    unit,
    value,
    ...(reason === undefined ? {} : { reason }),
  }));
}
