/**
 * Many decodes in one session: every forward computes the canvases of all of them, one branch each. Kernels compute each row by
 * itself, so every decode gives what it gives alone; larger batches only fill the machine better.
 *
 * @module
 */
import type {
  DiffusionModel,
  ForwardRequest,
  ModelSession,
  Predictions,
} from "../model/types.ts";
import { AnswerProgress } from "./answer_progress.ts";
import { DecodeError } from "./errors.ts";
import type { Decoder, DecodeStep } from "./types.ts";

/** One prompt and how it is decoded. */
export interface LockstepJob {
  /** Token ids, `[P]`. */
  readonly prompt: Int32Array;
  /** A decoder that never uses the cache. */
  readonly decoder: Decoder;
  /** Positions that it generates at most. */
  readonly maxNewTokens: number;
}

/** How the decodes run. */
export interface LockstepOptions {
  /** Decodes at a time. Default 16. */
  readonly width?: number;
  /** Ends a decode as soon as its answer is known. Default false. */
  readonly settle?: boolean;
  /** Ends all decodes before the next forward, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called when a decode has ended, in the order in which they end. */
  readonly onDone?: (job: number, outcome: LockstepOutcome) => void;
}

/** How one decode ended. */
export interface LockstepOutcome {
  /** Records of its steps. */
  readonly steps: readonly DecodeStep[];
  /** The answer with its end of sequence; the whole canvas where it has none. */
  readonly answer: Int32Array;
  /** Forwards made. */
  readonly forwards: number;
  /** Forwards after which the answer was known. */
  readonly settledAt: number;
}

/** A decode that waits for an answer. */
interface Running {
  readonly job: number;
  readonly decoder: Decoder;
  readonly progress: AnswerProgress;
  readonly steps: DecodeStep[];
  state: unknown;
  request: ForwardRequest;
  settledAt: number | null;
}

/**
 * Decodes many prompts, some at a time.
 *
 * @returns Outcomes in the order of the jobs.
 * @throws {DecodeError} When a decoder uses the cache, or two of them want different attention or sampling.
 * @throws What decoders, model and signal throw.
 *
 * @example Two prompts in one pass each round
 * ```ts
 * import { decodeLockstep, dparallelLlada, toyModel, toyPrompt } from "dllm-lab";
 *
 * const toy = { seed: 1, promptLength: 9 };
 * const options = { maxNewTokens: 16, blockSize: 8 };
 * const job = { prompt: toyPrompt(toy), decoder: dparallelLlada(options), maxNewTokens: 16 };
 * const [first, second] = await decodeLockstep(toyModel(toy), [job, job]);
 * if (first!.answer.join() !== second!.answer.join()) throw new Error("the same is wanted");
 * ```
 */
export async function decodeLockstep(
  model: DiffusionModel,
  jobs: readonly LockstepJob[],
  { width = 16, settle = false, signal, onDone }: LockstepOptions = {},
): Promise<LockstepOutcome[]> {
  if (!Number.isInteger(width) || width < 1) {
    throw new RangeError(
      `the width is ${width}; give the number of decodes at a time, at least 1`,
    );
  }
  const outcomes: LockstepOutcome[] = new Array(jobs.length);
  if (jobs.length === 0) return outcomes;
  const session = model.open({
    maxPositions: Math.max(
      ...jobs.map(({ prompt, maxNewTokens }) => prompt.length + maxNewTokens),
    ),
  });
  const waiting = jobs.keys();
  const running: Running[] = [];
  const refill = () => {
    while (running.length < width) {
      const next = waiting.next();
      if (next.done) return;
      running.push(begin(jobs[next.value]!, next.value, model));
    }
  };
  try {
    for (refill(); running.length > 0; refill()) {
      signal?.throwIfAborted();
      const predictions = await forwardAll(session, running);
      for (const [i, decode] of running.entries()) {
        const outcome = advance(decode, predictions[i]!, settle);
        if (outcome === null) continue;
        outcomes[decode.job] = outcome;
        onDone?.(decode.job, outcome);
      }
      const left = running.filter(({ job }) => outcomes[job] === undefined);
      running.splice(0, running.length, ...left);
    }
  } finally {
    session.close();
  }
  return outcomes;
}

function begin(
  { prompt, decoder }: LockstepJob,
  job: number,
  { spec }: DiffusionModel,
): Running {
  const { state, request } = decoder.start(prompt, spec);
  return {
    ...{ job, decoder, state, steps: [], settledAt: null },
    // A decoder's first transition always asks.
    request: request!,
    progress: new AnswerProgress({
      promptLength: prompt.length,
      eosId: spec.eosId,
    }),
  };
}

/** One forward of all requests; the predictions of each. */
async function forwardAll(
  session: ModelSession,
  running: readonly Running[],
): Promise<Predictions[]> {
  const requests = running.map(({ request }) => request);
  const [first] = requests;
  requests.forEach((request) => checkJoinable(request, first!));
  const joined = {
    ...first!,
    branches: requests.map(({ branches }) => branches[0]!),
  };
  const { branches } = await session.forward(joined);
  return branches.map((branch, i) => ({
    branches: [branch],
    rows: joined.branches[i]!.tokens.length,
  }));
}

function checkJoinable(request: ForwardRequest, first: ForwardRequest): void {
  const { cache, cached, branches, commitRows } = request;
  const alone = cache.length === 0 && cached.length === 0 && commitRows === 0 &&
    branches.length === 1;
  if (!alone) {
    throw new DecodeError(
      "a decoder in lockstep wants the cache or several branches; choose one whose requests are a single whole canvas, or decode " +
        "the prompts one by one",
      { cached: cached.length, branches: branches.length, commitRows },
    );
  }
  for (const field of ["visibility", "sampling", "top", "logits"] as const) {
    if (JSON.stringify(request[field]) === JSON.stringify(first[field])) {
      continue;
    }
    throw new DecodeError(
      `decoders in lockstep want different ${field}; give all of them the same options`,
      { field },
    );
  }
}

/** Hands a decode its predictions; its outcome once it has ended. */
function advance(
  decode: Running,
  predictions: Predictions,
  settle: boolean,
): LockstepOutcome | null {
  const { decoder, progress, steps } = decode;
  const { state, request, step, result } = decoder.next(
    decode.state,
    predictions,
  );
  decode.state = state;
  if (step !== undefined) {
    steps.push(step);
    if (progress.apply(step)) decode.settledAt ??= steps.length;
  }
  if (request !== undefined && !(settle && progress.settled)) {
    decode.request = request;
    return null;
  }
  return {
    steps,
    answer: progress.settled || result === undefined
      ? progress.ids
      : result.ids,
    forwards: steps.length,
    settledAt: decode.settledAt ?? steps.length,
  };
}
