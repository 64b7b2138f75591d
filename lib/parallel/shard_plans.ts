/**
 * Memory of one shard of one session, and its part of a forward.
 *
 * @module
 */
import type { Plan } from "../engine/mod.ts";
import { submitCommit } from "../model/commit_submit.ts";
import { type ForwardRun, neededCapacity } from "../model/forward_plan.ts";
import {
  grownCapacity,
  type PlanCapacity,
  SMALLEST_CAPACITY,
} from "../model/plan_capacity.ts";
import { planParameters } from "../model/plan_parameters.ts";
import {
  createLastingMemory,
  createPassMemory,
  destroyMemory,
  type LastingMemory,
  type PassMemory,
} from "../model/session_memory.ts";
import type { SessionParts } from "../model/session_plans.ts";
import type { WorkStretch } from "../model/types.ts";
import type { Communicator } from "./communicator.ts";
import { type GroupMembership, ShardPieces } from "./shard_pieces.ts";

/** A shard's part of a forward. */
export interface ShardRun {
  readonly run: ForwardRun;
  readonly communicator: Communicator;
}

/** What a forward left on a shard's device, valid until the next one. */
export interface ShardOutput {
  /** Number of requests. */
  readonly count: number;
  /** Elements from one request's logits to the next one's. */
  readonly stride: number;
  /** `[count, 2]`: largest logit and sum of exponentials of this shard. */
  readonly sums: Float64Array;
  /** `[count, stride]`. */
  logits(): Float32Array;
  /** `[count, 5]`, given the sums of all shards: see `dllm_shard_winners`. */
  winners(sums: Float64Array): Promise<Float64Array>;
  readonly nativeMs: number;
  /** Stretches of the device's work. */
  readonly work: readonly WorkStretch[];
}

/** Memory and recorded pieces of one shard of one session. */
export class ShardPlans {
  readonly #parts: SessionParts;
  readonly #isFirst: boolean;
  readonly #membership: GroupMembership | null;
  readonly #lasting: LastingMemory;
  #capacity: PlanCapacity = SMALLEST_CAPACITY;
  #pass: PassMemory;
  #pieces: ShardPieces | null = null;

  /**
   * @param options `isFirst`: whether this shard carries the residual stream itself, while the others only add to it;
   * `membership`: where the devices add up themselves, else the host does.
   */
  constructor(
    parts: SessionParts,
    options: {
      readonly isFirst: boolean;
      readonly membership: GroupMembership | null;
    },
  ) {
    const { device, config, maxPositions } = parts;
    this.#parts = parts;
    this.#isFirst = options.isFirst;
    this.#membership = options.membership;
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
    const pieces = this.#pieces ??= this.#record();
    pieces.fill(fitting);
    const [last, ...before] = pieces.forward.toReversed();
    const work: WorkStretch[] = [];
    const compute = async (plan: Plan) => {
      const { beganMs, nativeMs } = await pieces.run(plan);
      work.push({ what: "compute", from: beganMs, to: beganMs + nativeMs });
    };
    for (const plan of before.toReversed()) {
      await compute(plan);
      await this.#addUp(communicator, fitting.window.tokens.length);
    }
    await compute(last!);
    const count = fitting.head.requests.rows.length;
    return {
      ...{ count, stride: pieces.stride, work },
      nativeMs: work.reduce((sum, { from, to }) => sum + (to - from), 0),
      sums: pieces.readSums(count),
      logits: () => pieces.readLogits(count),
      winners: (sums) => pieces.winners(sums),
    };
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
    this.#pieces?.destroy();
    this.#pieces = null;
    destroyMemory(this.#pass);
    destroyMemory(this.#lasting);
  }

  /** The residual stream of all shards, by way of the host. */
  async #addUp(communicator: Communicator, rows: number): Promise<void> {
    const { states } = this.#pass;
    const values = new Float32Array(rows * this.#parts.config.hiddenSize);
    states.read(values);
    await communicator.allReduce(values);
    states.write(values);
  }

  /** Makes room for a run; its commits are carried out while the rows they copy still exist. */
  async #grow(run: ForwardRun): Promise<ForwardRun> {
    const capacity = grownCapacity(this.#capacity, neededCapacity(run));
    if (capacity === this.#capacity) return run;
    this.#pieces?.destroy();
    this.#pieces = null;
    const { rows } = this.#capacity;
    this.#capacity = capacity;
    if (capacity.rows === rows) return run;
    await this.commit(run);
    destroyMemory(this.#pass);
    const { device, config } = this.#parts;
    this.#pass = createPassMemory(device, config, capacity.rows);
    return { ...run, copies: [], boundaryCopies: [] };
  }

  #record(): ShardPieces {
    const at = planParameters(this.#capacity);
    return new ShardPieces(this.#parts.device, {
      ...this.memory,
      at,
      capacity: this.#capacity,
      barredAt: at.layout.reserveIds(this.#capacity.barred),
      isFirst: this.#isFirst,
      membership: this.#membership,
    });
  }
}
