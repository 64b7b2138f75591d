/**
 * One shard's part of a request: what it computes, and what it tells the other shards.
 *
 * @module
 */
import type { CacheCopy } from "../model/cache_state.ts";
import type { ForwardRun } from "../model/forward_plan.ts";
import { type HeadPlan, planHead } from "../model/head_requests.ts";
import { rowCopies } from "../model/row_copies.ts";
import type {
  ForwardRequest,
  ModelSpec,
  Predictions,
  WorkStretch,
} from "../model/types.ts";
import { planWindow, type WindowPlan } from "../model/window_plan.ts";
import type { Communicator } from "./communicator.ts";
import { allLogits, branchPredictions, localTokens } from "./shard_answers.ts";
import { filters } from "./shard_candidates.ts";
import { predictGreedily } from "./shard_greedy.ts";
import { type HeadPrediction, predictTogether } from "./shard_head.ts";
import type { ShardLayout } from "./shard_layout.ts";
import type { ShardPlans } from "./shard_plans.ts";

/** One shard of a session. */
export interface SessionShard {
  readonly layout: ShardLayout;
  readonly plans: ShardPlans;
}

/** A request as all shards take it up. */
export interface ShardJob {
  readonly request: ForwardRequest;
  readonly copies: readonly CacheCopy[];
  /** First staged row of each branch of the request before. */
  readonly stagedRows: readonly number[];
  readonly window: WindowPlan;
  readonly head: HeadPlan;
}

/** What one shard makes of a forward. */
export interface ShardResult {
  readonly predictions: readonly HeadPrediction[];
  /** `[requests, vocabulary]`, where they were asked for. */
  readonly logits: Float32Array | null;
  readonly nativeMs: number;
  /** Stretches of the device's work. */
  readonly work: readonly WorkStretch[];
}

/** Lays a valid request out. Throws a `RequestError` where a row sees more separate ranges than the kernels take. */
export function shardJob(
  request: ForwardRequest,
  { spec, copies, stagedRows }: Pick<ShardJob, "copies" | "stagedRows"> & {
    readonly spec: ModelSpec;
  },
): ShardJob {
  const window = planWindow(request, { shift: spec.shift });
  const head = planHead(request, window);
  return { request, copies, stagedRows, window, head };
}

/** Runs a shard's part; all shards must run theirs at the same time, and end with the same predictions. */
export async function runShard(
  { layout, plans }: SessionShard,
  { request, copies, stagedRows, window, head }: ShardJob,
  { communicator, spec }: {
    /** To the other shards. */
    readonly communicator: Communicator;
    readonly spec: ModelSpec;
  },
): Promise<ShardResult> {
  const { sampling, top = 0 } = request;
  const { start, end } = layout.vocabulary;
  const { rows, uniforms, entropyEpsilon, bf16 } = head.requests;
  const run: ForwardRun = {
    ...rowCopies(copies, stagedRows),
    window: { ...window, tokens: localTokens(window.tokens, layout) },
    head: {
      ...head,
      requests: {
        ...{ rows, uniforms: null },
        ...(entropyEpsilon === undefined ? {} : { entropyEpsilon }),
        ...(bf16 === undefined ? {} : { bf16 }),
      },
    },
    barred: sampling.barred.filter((id) => id >= start && id < end)
      .map((id) => id - start),
  };
  const output = await plans.run({ run, communicator });
  const shard = { firstId: start, tokens: end - start };
  const logits = () => ({ ...shard, ...output, logits: output.logits() });
  const greedy = sampling.temperature === 0 && !filters(sampling) && top === 0;
  const predictions = greedy
    ? await predictGreedily(communicator, { ...shard, ...output }, sampling)
    : await predictTogether(communicator, logits(), {
      ...{ sampling, uniforms, top, vocabulary: spec.vocabSize },
    });
  return {
    predictions,
    logits: request.logits
      ? await allLogits(communicator, logits(), spec.vocabSize)
      : null,
    ...{ nativeMs: output.nativeMs, work: output.work },
  };
}

/** The answer to a request, from what shards made of it; all of them predict the same. */
export function shardAnswer(
  { request, window, head }: ShardJob,
  results: readonly ShardResult[],
  { vocabSize }: ModelSpec,
): Predictions {
  const [{ predictions, logits }] = results as [ShardResult];
  return {
    branches: branchPredictions(request, head, {
      ...{ predictions, logits, vocabulary: vocabSize },
    }),
    rows: window.tokens.length,
    nativeMs: Math.max(...results.map(({ nativeMs }) => nativeMs)),
    work: results.flatMap(({ work }, rank) =>
      work.map((stretch) => ({ ...stretch, rank }))
    ),
  };
}
