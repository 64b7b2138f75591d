/**
 * One shard's forward as command buffers: after the embedding, after every attention and after every MLP the shards add up what
 * each contributes to the residual stream. Where they share a process the devices do so themselves, and the forward is one piece;
 * elsewhere it falls into pieces, between which the host adds up.
 *
 * @module
 */
import {
  CommandEncoder,
  type Device,
  type DeviceBuffer,
  type DeviceGroup,
  ParameterTable,
  type Plan,
  type RunReport,
} from "../engine/mod.ts";
import type { ForwardRun } from "../model/forward_plan.ts";
import { type OutputLayout, outputOffsets } from "../model/head_results.ts";
import { rethrowNumeric } from "../model/numeric_error.ts";
import type { PlanParameters } from "../model/plan_parameters.ts";
import {
  recordAttention,
  recordCommit,
  type RecordingParts,
  recordMlp,
  recordNorm,
} from "../model/transformer.ts";

/** A shard among the devices of one process that add up together. */
export interface GroupMembership {
  readonly group: DeviceGroup;
  /** Number of the shard. */
  readonly member: number;
}

/** What pieces are recorded over. */
export type PieceParts = RecordingParts & {
  /** Whether this shard carries the residual stream itself; the others only add to it. */
  readonly isFirst: boolean;
  /** `null` where the host adds up. */
  readonly membership: GroupMembership | null;
  /** Where the columns stand that can never be drawn. */
  readonly barredAt: number;
};

/** Numbers of a request that `shardSums` and `shardWinners` give. */
export const SUM_NUMBERS = 2, WINNER_NUMBERS = 5;

const NOTHING = new Uint8Array(0);

/** Buffers of a forward's results. */
interface Results {
  readonly params: DeviceBuffer;
  readonly head: DeviceBuffer;
  readonly sums: DeviceBuffer;
  readonly winners: DeviceBuffer;
}

/** The compiled pieces and the words they share. */
export class ShardPieces {
  /** The forward: after each but the last the host adds up. */
  readonly forward: readonly Plan[];
  readonly #winners: Plan;
  readonly #at: PlanParameters;
  readonly #barredAt: number;
  readonly #table: ParameterTable;
  readonly #layout: OutputLayout;
  readonly #buffers: Results;
  readonly #blocking: { readonly blocking?: false };

  /** Records and compiles. */
  constructor(device: Device, parts: PieceParts) {
    this.#at = parts.at;
    this.#barredAt = parts.barredAt;
    this.#table = new ParameterTable(parts.at.layout);
    const { requests } = parts.capacity;
    this.#layout = { requests, top: 0, vocab: parts.config.vocabSize };
    this.#buffers = {
      params: device.buffer(4 * parts.at.layout.words),
      head: device.buffer(outputOffsets(this.#layout).end),
      sums: device.buffer(8 * SUM_NUMBERS * requests),
      winners: device.buffer(8 * WINNER_NUMBERS * requests),
    };
    // Members of a group wait for each other: none may keep the event loop from starting the next.
    this.#blocking = parts.membership === null ? {} : { blocking: false };
    this.forward = this.#recordForward(parts).map((piece) =>
      device.plan(piece.finish())
    );
    this.#winners = device.plan(this.#recordWinners(parts).finish());
  }

  /** Elements from one request's logits to the next one's; the last of them belongs to no token. */
  get stride(): number {
    return this.#layout.vocab;
  }

  /** Sets the words of a forward. */
  fill({ copies, boundaryCopies, window, head, barred }: ForwardRun): void {
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
    table.setIds(this.#barredAt, barred);
  }

  /** Runs a piece of the forward. */
  run(plan: Plan): Promise<RunReport> {
    return plan.run(this.#table.words, NOTHING, this.#blocking)
      .catch(rethrowNumeric);
  }

  /** Largest logit and sum of exponentials of this shard, for each of `count` requests. */
  readSums(count: number): Float64Array {
    return this.#buffers.sums.read(new Float64Array(SUM_NUMBERS * count));
  }

  /** Logits of `count` requests, `[count, stride]`. */
  readLogits(count: number): Float32Array {
    return this.#buffers.head.read(new Float32Array(count * this.stride), {
      offset: outputOffsets(this.#layout).logits,
    });
  }

  /** What this shard knows of distributions whose sums over all shards are given. */
  async winners(sums: Float64Array): Promise<Float64Array> {
    this.#buffers.sums.write(sums);
    const count = sums.length / SUM_NUMBERS;
    const winners = new Float64Array(WINNER_NUMBERS * count);
    const out = new Uint8Array(winners.buffer);
    await this.#winners.run(this.#table.words, out).catch(rethrowNumeric);
    return winners;
  }

  /** Frees everything. */
  destroy(): void {
    for (const plan of this.forward) plan.destroy();
    this.#winners.destroy();
    for (const buffer of Object.values(this.#buffers)) buffer.destroy();
  }

  #recordForward(parts: PieceParts): CommandEncoder[] {
    const { config, weights, pass, at, isFirst, lasting, capacity } = parts;
    const { params, head, sums } = this.#buffers;
    const pieces = [new CommandEncoder({ params })];
    const encoder = () => pieces.at(-1)!;
    const addUp = () => {
      if (parts.membership === null) {
        pieces.push(new CommandEncoder({ params }));
      } else recordSum(encoder(), parts, parts.membership);
    };
    recordCommit(encoder(), parts);
    encoder().embed({
      weight: weights.embedding,
      out: pass.states,
      outStride: config.hiddenSize,
      rowsAt: at.rows,
      tokensAt: at.tokens,
      maxRows: pass.rows,
    });
    addUp();
    weights.layers.forEach((layer, index) => {
      const stream = { from: pass.states, to: pass.states, residual: isFirst };
      recordAttention(encoder(), { ...parts, layer, index, ...stream });
      addUp();
      recordMlp(encoder(), { ...parts, layer, index, ...stream });
      addUp();
    });
    recordNorm(encoder(), {
      ...parts,
      input: pass.states,
      gain: weights.finalNorm,
      out: pass.final,
    });
    encoder().head({
      hidden: pass.final,
      boundary: lasting.boundary,
      boundaryRows: 1,
      out: head,
      logits: head.at(outputOffsets(this.#layout).logits),
      weight: weights.head,
      hiddenStride: config.hiddenSize,
      maxRows: pass.rows,
      vocab: config.vocabSize,
      requestsAt: at.requests,
      maxRequests: capacity.requests,
      barredAt: at.barred,
    });
    encoder().shardSums({ ...this.#columns(parts), out: sums });
    return pieces;
  }

  #recordWinners(parts: PieceParts): CommandEncoder {
    const { params, sums, winners } = this.#buffers;
    const encoder = new CommandEncoder({ params, output: winners });
    encoder.shardWinners({ ...this.#columns(parts), sums, out: winners });
    return encoder;
  }

  /** The logits that belong to tokens. */
  #columns({ config, at, capacity, barredAt }: PieceParts) {
    return {
      logits: this.#buffers.head.at(outputOffsets(this.#layout).logits),
      columns: config.vocabSize - 1,
      stride: config.vocabSize,
      requestsAt: at.requests,
      maxRequests: capacity.requests,
      barredAt,
    };
  }
}

/** The residual stream becomes the sum of what all shards have. */
function recordSum(
  encoder: CommandEncoder,
  { config, pass, at }: PieceParts,
  { group, member }: GroupMembership,
): void {
  encoder.allReduce({
    group,
    member,
    values: pass.states,
    width: config.hiddenSize,
    stride: config.hiddenSize,
    rowsAt: at.rows,
    maxRows: pass.rows,
  });
}
