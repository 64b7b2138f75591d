/**
 * One shard's forward: recorded in pieces, because after the embedding, after every attention and after every MLP the shards add up
 * what each contributes to the residual stream.
 *
 * @module
 */
import {
  CommandEncoder,
  type Device,
  type DeviceBuffer,
  ParameterTable,
  type Plan,
} from "../engine/mod.ts";
import { submitCommit } from "../model/commit_submit.ts";
import { type ForwardRun, neededCapacity } from "../model/forward_plan.ts";
import {
  outputBytes,
  type OutputLayout,
  outputOffsets,
} from "../model/head_results.ts";
import { rethrowNumeric } from "../model/numeric_error.ts";
import {
  grownCapacity,
  type PlanCapacity,
  SMALLEST_CAPACITY,
} from "../model/plan_capacity.ts";
import {
  type PlanParameters,
  planParameters,
} from "../model/plan_parameters.ts";
import {
  createLastingMemory,
  createPassMemory,
  destroyMemory,
  type LastingMemory,
  type PassMemory,
} from "../model/session_memory.ts";
import type { SessionParts } from "../model/session_plans.ts";
import {
  recordAttention,
  recordCommit,
  type RecordingParts,
  recordMlp,
  recordNorm,
} from "../model/transformer.ts";
import type { Communicator } from "./communicator.ts";

/** A shard's part of a forward. */
export interface ShardRun {
  readonly run: ForwardRun;
  readonly communicator: Communicator;
}

/** Raw logits of a shard's own vocabulary, valid until the next run. */
export interface ShardOutput {
  /** `[requests, stride]`. */
  readonly logits: Float32Array;
  readonly stride: number;
  readonly nativeMs: number;
}

const NOTHING = new Uint8Array(0);

/** Memory and recorded pieces of one shard of one session. */
export class ShardPlans {
  readonly #parts: SessionParts;
  readonly #isFirst: boolean;
  readonly #lasting: LastingMemory;
  #capacity: PlanCapacity = SMALLEST_CAPACITY;
  #pass: PassMemory;
  #recorded: RecordedPieces | null = null;

  /** `isFirst`: whether this shard carries the residual stream itself; the others only add to it. */
  constructor(parts: SessionParts, { isFirst }: { readonly isFirst: boolean }) {
    const { device, config, maxPositions } = parts;
    this.#parts = parts;
    this.#isFirst = isFirst;
    this.#lasting = createLastingMemory(device, config, maxPositions);
    this.#pass = createPassMemory(device, config, this.#capacity.rows);
  }

  /** What cached and staged rows are read from. */
  get memory(): SessionParts & {
    readonly lasting: LastingMemory;
    readonly pass: PassMemory;
  } {
    return { ...this.#parts, lasting: this.#lasting, pass: this.#pass };
  }

  /** Runs this shard's part; all shards must run theirs at the same time. */
  async run({ run, communicator }: ShardRun): Promise<ShardOutput> {
    const fitting = await this.#grow(run);
    const pieces = this.#recorded ??= this.#record();
    pieces.fill(fitting);
    const { hiddenSize } = this.#parts.config;
    const rows = fitting.window.tokens.length;
    const states = new Float32Array(rows * hiddenSize);
    let nativeMs = 0;
    for (const plan of pieces.plans.slice(0, -1)) {
      nativeMs += await pieces.run(plan, NOTHING);
      this.#pass.states.read(states);
      await communicator.allReduce(states);
      this.#pass.states.write(states);
    }
    nativeMs += await pieces.run(pieces.plans.at(-1)!, pieces.output(fitting));
    return { ...pieces.logits, nativeMs };
  }

  /** Copies staged rows into the cache at once. */
  async commit(
    run: Pick<ForwardRun, "copies" | "boundaryCopies">,
  ): Promise<void> {
    if (run.copies.length === 0) return;
    await submitCommit(this.#parts.device, this.memory, run);
  }

  /** Frees everything. Idempotent. */
  close(): void {
    this.#recorded?.destroy();
    destroyMemory(this.#pass);
    destroyMemory(this.#lasting);
  }

  /** Makes room for a run; its commits are carried out while the rows they copy still exist. */
  async #grow(run: ForwardRun): Promise<ForwardRun> {
    const capacity = grownCapacity(this.#capacity, neededCapacity(run));
    if (capacity === this.#capacity) return run;
    this.#recorded?.destroy();
    this.#recorded = null;
    const { rows } = this.#capacity;
    this.#capacity = capacity;
    if (capacity.rows === rows) return run;
    await this.commit(run);
    destroyMemory(this.#pass);
    const { device, config } = this.#parts;
    this.#pass = createPassMemory(device, config, capacity.rows);
    return { ...run, copies: [], boundaryCopies: [] };
  }

  #record(): RecordedPieces {
    const at = planParameters(this.#capacity);
    return new RecordedPieces(this.#parts.device, {
      ...this.memory,
      at,
      capacity: this.#capacity,
      isFirst: this.#isFirst,
    });
  }
}

type PieceParts = RecordingParts & { readonly isFirst: boolean };

/** The compiled pieces and the words they share. */
class RecordedPieces {
  readonly plans: readonly Plan[];
  readonly #at: PlanParameters;
  readonly #table: ParameterTable;
  readonly #layout: OutputLayout;
  readonly #buffers: readonly DeviceBuffer[];
  readonly #out: Uint8Array;

  constructor(device: Device, parts: PieceParts) {
    this.#at = parts.at;
    this.#table = new ParameterTable(parts.at.layout);
    this.#layout = {
      requests: parts.capacity.requests,
      top: 0,
      vocab: parts.config.vocabSize,
    };
    const offsets = outputOffsets(this.#layout);
    const params = device.buffer(4 * parts.at.layout.words);
    const output = device.buffer(offsets.end);
    this.#buffers = [params, output];
    this.#out = new Uint8Array(offsets.end);
    this.plans = recordPieces(parts, { params, output, offsets }).map((piece) =>
      device.plan(piece.finish())
    );
  }

  get logits(): { readonly logits: Float32Array; readonly stride: number } {
    const at = outputOffsets(this.#layout).logits;
    return {
      logits: new Float32Array(this.#out.buffer, at),
      stride: this.#layout.vocab,
    };
  }

  fill({ copies, boundaryCopies, window, head }: ForwardRun): void {
    const table = this.#table, at = this.#at;
    table.setCopies(at.copies, copies);
    table.setCopies(at.boundaryCopies, boundaryCopies);
    table.set(at.rows, window.tokens.length);
    table.setAll(at.tokens, window.tokens);
    table.setAll(at.positions, window.positions);
    table.setAll(at.limits, window.limits);
    table.setSegments(at.segments, window.segments);
    table.setHeadRows(at.requests, head.requests);
    table.setIds(at.barred, []);
  }

  output({ head }: ForwardRun): Uint8Array {
    const { length } = head.requests.rows;
    return this.#out.subarray(0, outputBytes(this.#layout, length));
  }

  async run(plan: Plan, out: Uint8Array): Promise<number> {
    const report = await plan.run(this.#table.words, out).catch(rethrowNumeric);
    return report.nativeMs;
  }

  destroy(): void {
    for (const plan of this.plans) plan.destroy();
    for (const buffer of this.#buffers) buffer.destroy();
  }
}

/** The pieces in order; after each but the last the shards add up `pass.states`. */
function recordPieces(
  parts: PieceParts,
  { params, output, offsets }: {
    readonly params: DeviceBuffer;
    readonly output: DeviceBuffer;
    readonly offsets: { readonly logits: number };
  },
): CommandEncoder[] {
  const { config, weights, pass, at, isFirst, lasting, capacity } = parts;
  const pieces: CommandEncoder[] = [];
  const begin = (options: { readonly output?: DeviceBuffer } = {}) => {
    const encoder = new CommandEncoder({ params, ...options });
    pieces.push(encoder);
    return encoder;
  };
  const first = begin();
  recordCommit(first, parts);
  first.embed({
    weight: weights.embedding,
    out: pass.states,
    outStride: config.hiddenSize,
    rowsAt: at.rows,
    tokensAt: at.tokens,
    maxRows: pass.rows,
  });
  weights.layers.forEach((layer, index) => {
    const stream = { from: pass.states, to: pass.states, residual: isFirst };
    recordAttention(begin(), { ...parts, layer, index, ...stream });
    recordMlp(begin(), { ...parts, layer, index, ...stream });
  });
  const last = begin({ output });
  recordNorm(last, {
    ...parts,
    input: pass.states,
    gain: weights.finalNorm,
    out: pass.final,
  });
  last.head({
    hidden: pass.final,
    boundary: lasting.boundary,
    boundaryRows: 1,
    out: output,
    logits: output.at(offsets.logits),
    weight: weights.head,
    hiddenStride: config.hiddenSize,
    maxRows: pass.rows,
    vocab: config.vocabSize,
    requestsAt: at.requests,
    maxRequests: capacity.requests,
    barredAt: at.barred,
  });
  return pieces;
}
