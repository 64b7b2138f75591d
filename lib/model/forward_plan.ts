/**
 * A recorded forward with its parameter words and its output, ready to be run again and again.
 *
 * @module
 */
import {
  type Device,
  type DeviceBuffer,
  ParameterTable,
  type Plan,
  type RowCopy,
  type RunReport,
} from "../engine/mod.ts";
import type { HeadPlan } from "./head_requests.ts";
import {
  outputBytes,
  type OutputLayout,
  outputOffsets,
  type OutputWords,
  readPredictions,
} from "./head_results.ts";
import type { PlanCapacity } from "./plan_capacity.ts";
import { type PlanParameters, planParameters } from "./plan_parameters.ts";
import { recordTransformer, type TransformerParts } from "./transformer.ts";
import type { BranchPredictions, ForwardRequest } from "./types.ts";
import type { WindowPlan } from "./window_plan.ts";

/** What a forward is recorded over. */
export type ForwardParts = Omit<
  TransformerParts,
  "parameters" | "at" | "output"
>;

/** One run: cache commits, rows, head requests and barred ids. */
export interface ForwardRun {
  /** Staged keys and values that go into the cache first. */
  readonly copies: readonly RowCopy[];
  /** Staged hidden states that become the boundary row. */
  readonly boundaryCopies: readonly RowCopy[];
  /** Rows of the pass and what each sees. */
  readonly window: WindowPlan;
  /** Rows whose predictions are wanted. */
  readonly head: HeadPlan;
  /** Token ids that can never be drawn. */
  readonly barred: readonly number[];
}

/** A compiled forward. */
export class ForwardPlan {
  /** Number of op records of one run. */
  readonly records: number;
  readonly #layout: OutputLayout;
  readonly #plan: Plan;
  readonly #at: PlanParameters;
  readonly #table: ParameterTable;
  readonly #buffers: readonly DeviceBuffer[];
  readonly #out: Uint8Array;
  readonly #words: OutputWords;

  /** Records and compiles a forward with `top` pairs and, if `logits`, all logits per request. */
  constructor(
    device: Device,
    parts: ForwardParts,
    options: {
      readonly top: number;
      readonly logits: boolean;
      readonly expectedMicroseconds: number;
    },
  ) {
    const { capacity, config } = parts;
    this.#at = planParameters(capacity);
    this.#table = new ParameterTable(this.#at.layout);
    this.#layout = {
      requests: capacity.requests,
      top: options.top,
      vocab: options.logits ? config.vocabSize : 0,
    };
    const offsets = outputOffsets(this.#layout);
    const parameters = device.buffer(4 * this.#at.layout.words);
    const output = device.buffer(offsets.end);
    this.#buffers = [parameters, output];
    this.#out = new Uint8Array(offsets.end);
    this.#words = {
      ints: new Int32Array(this.#out.buffer),
      floats: new Float32Array(this.#out.buffer),
    };
    const encoder = recordTransformer({
      ...parts,
      parameters,
      at: this.#at,
      output: {
        results: output,
        topCount: options.top,
        ...(options.top > 0 ? { top: output.at(offsets.top) } : {}),
        ...(options.logits ? { logits: output.at(offsets.logits) } : {}),
      },
    });
    this.records = encoder.records;
    this.#plan = device.plan(encoder.finish(), options);
  }

  /** Runs the forward. */
  run(run: ForwardRun): Promise<RunReport> {
    const table = this.#table;
    const at = this.#at;
    const { window, head } = run;
    table.setCopies(at.copies, run.copies);
    table.setCopies(at.boundaryCopies, run.boundaryCopies);
    table.set(at.rows, window.tokens.length);
    table.setAll(at.tokens, window.tokens);
    table.setAll(at.positions, window.positions);
    table.setAll(at.limits, window.limits);
    table.setSegments(at.segments, window.segments);
    table.setHeadRows(at.requests, head.requests);
    table.setIds(at.barred, run.barred);
    const bytes = outputBytes(this.#layout, head.requests.rows.length);
    return this.#plan.run(table.words, this.#out.subarray(0, bytes));
  }

  /** Predictions of the last run, branch by branch. */
  predictions(
    { branches }: ForwardRequest,
    { answers }: HeadPlan,
  ): BranchPredictions[] {
    return branches.map(({ predict }, b) =>
      readPredictions(this.#words, answers[b]!, {
        layout: this.#layout,
        positions: predict,
      })
    );
  }

  /** Prediction of the next run's native time in microseconds. */
  get estimatedMicroseconds(): number {
    return this.#plan.estimatedMicroseconds;
  }

  /** Frees the plan and its buffers. Idempotent. */
  destroy(): void {
    this.#plan.destroy();
    for (const buffer of this.#buffers) buffer.destroy();
  }
}

/** The sizes that one run needs. */
export function neededCapacity(run: ForwardRun): PlanCapacity {
  return {
    rows: run.window.tokens.length,
    segments: run.window.segments.length,
    requests: run.head.requests.rows.length,
    barred: run.barred.length,
    copies: Math.max(run.copies.length, run.boundaryCopies.length),
  };
}
