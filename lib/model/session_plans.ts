/**
 * The memory and the recorded plans of one session, growing as requests do.
 *
 * @module
 */
import type {
  BufferRef,
  Device,
  DeviceBuffer,
  RunReport,
} from "../engine/mod.ts";
import { submitCommit } from "./commit_submit.ts";
import { attentionWidths, type ModelConfig } from "./config.ts";
import {
  ForwardPlan,
  type ForwardRun,
  neededCapacity,
} from "./forward_plan.ts";
import type { ForwardPace } from "./forward_pace.ts";
import type { CacheSlice } from "./inspection.ts";
import type { NativeWeights } from "./native_weights.ts";
import {
  grownCapacity,
  type PlanCapacity,
  SMALLEST_CAPACITY,
} from "./plan_capacity.ts";
import {
  readCachedRows,
  readStagedRows,
  replicaElements,
  writeCachedRows,
} from "./replica_memory.ts";
import {
  createLastingMemory,
  createPassMemory,
  destroyMemory,
  type LastingMemory,
  type PassMemory,
} from "./session_memory.ts";

/** What a session computes with. */
export interface SessionParts {
  readonly device: Device;
  readonly config: ModelConfig;
  readonly weights: NativeWeights;
  readonly rope: BufferRef;
  readonly maxPositions: number;
}

/** What a forward returns besides the predictions' four numbers. */
export interface OutputShape {
  readonly top: number;
  readonly logits: boolean;
  /** Whether the residual stream before each layer is kept. */
  readonly hidden: boolean;
}

/** Plans of one session, by output shape. */
export class SessionPlans {
  readonly #parts: SessionParts;
  readonly #pace: ForwardPace;
  readonly #lasting: LastingMemory;
  readonly #plans = new Map<number, ForwardPlan>();
  #capacity: PlanCapacity = SMALLEST_CAPACITY;
  #pass: PassMemory;
  #hidden: DeviceBuffer | null = null;
  #last: ForwardPlan | null = null;

  /** Allocates the cache, and memory for small passes. */
  constructor(parts: SessionParts, pace: ForwardPace) {
    this.#parts = parts;
    this.#pace = pace;
    this.#lasting = createLastingMemory(
      parts.device,
      parts.config,
      parts.maxPositions,
    );
    this.#pass = createPassMemory(
      parts.device,
      parts.config,
      this.#capacity.rows,
    );
  }

  /** The plan of the last run; `null` before the first. */
  get last(): ForwardPlan | null {
    return this.#last;
  }

  /** Runs one forward, growing first if it must. */
  run(run: ForwardRun, shape: OutputShape): Promise<RunReport> {
    const capacity = grownCapacity(this.#capacity, neededCapacity(run));
    if (capacity !== this.#capacity) {
      return this.#runGrown(capacity, run, shape);
    }
    this.#last = this.#plan(shape);
    return this.#last.run(run);
  }

  async #runGrown(
    capacity: PlanCapacity,
    run: ForwardRun,
    shape: OutputShape,
  ): Promise<RunReport> {
    const fitting = capacity.rows === this.#capacity.rows
      ? run
      : await this.#commitEarly(run);
    this.#grow(capacity);
    return await this.run(fitting, shape);
  }

  /** Hidden states of the last run, which kept them: before each layer, and after the final norm. */
  readHidden(rows: number): Float32Array[] {
    const width = this.#parts.config.hiddenSize;
    const read = (place: { buffer: DeviceBuffer; offset: number }) =>
      place.buffer.read(new Float32Array(rows * width), {
        offset: place.offset,
      });
    const layers = Array.from(
      { length: this.#parts.config.layers },
      (_, layer) =>
        read({ buffer: this.#hidden!, offset: this.#hiddenOffset(layer) }),
    );
    return [...layers, read({ buffer: this.#pass.final, offset: 0 })];
  }

  /** Keys and values of cached positions. */
  readCache(
    layer: number,
    { start, end }: { readonly start: number; readonly end: number },
  ): CacheSlice {
    const { config, maxPositions } = this.#parts;
    const { keyValue } = attentionWidths(config);
    const read = (plane: number) =>
      this.#lasting.cache.read(new Float32Array((end - start) * keyValue), {
        offset: 4 * keyValue * (plane * maxPositions + start),
      });
    return { keys: read(layer), values: read(config.layers + layer) };
  }

  /** Copies staged rows into the cache, and to the boundary row, at once; `null` where there is nothing to copy. */
  async commit(
    run: Pick<ForwardRun, "copies" | "boundaryCopies">,
  ): Promise<RunReport | null> {
    if (run.copies.length + run.boundaryCopies.length === 0) return null;
    return await submitCommit(this.#parts.device, this.#memory, run);
  }

  /** Elements of so many rows of the cache, with or without the boundary row. */
  replicaElements(
    size: { readonly rows: number; readonly boundary: boolean },
  ): number {
    return replicaElements(this.#parts.config, size);
  }

  /** Reads rows that the last run staged. */
  readStaged(
    place: {
      readonly row: number;
      readonly rows: number;
      readonly boundary: boolean;
    },
  ): Float32Array {
    return readStagedRows(this.#memory, place);
  }

  /** Reads cached rows and the boundary row. */
  readCached(
    place: { readonly row: number; readonly rows: number },
  ): Float32Array {
    return readCachedRows(this.#memory, place);
  }

  /** Writes rows from host memory into the cache. */
  writeCached(
    place: {
      readonly row: number;
      readonly rows: number;
      readonly boundary: boolean;
    },
    values: Float32Array,
  ): void {
    writeCachedRows(this.#memory, place, values);
  }

  /** Frees everything. Idempotent. */
  close(): void {
    this.#forgetPlans();
    destroyMemory(this.#pass);
    destroyMemory(this.#lasting);
  }

  get #memory(): SessionParts & {
    readonly lasting: LastingMemory;
    readonly pass: PassMemory;
  } {
    return { ...this.#parts, lasting: this.#lasting, pass: this.#pass };
  }

  /** Carries out the run's commits while the rows they copy still exist. */
  async #commitEarly(run: ForwardRun): Promise<ForwardRun> {
    await this.commit(run);
    return { ...run, copies: [], boundaryCopies: [] };
  }

  #grow(capacity: PlanCapacity): void {
    this.#forgetPlans();
    if (capacity.rows !== this.#pass.rows) {
      destroyMemory(this.#pass);
      this.#pass = createPassMemory(
        this.#parts.device,
        this.#parts.config,
        capacity.rows,
      );
    }
    this.#capacity = capacity;
  }

  #plan(shape: OutputShape): ForwardPlan {
    const key = 4 * shape.top + 2 * Number(shape.logits) +
      Number(shape.hidden);
    const known = this.#plans.get(key);
    if (known) return known;
    const parts = {
      ...this.#memory,
      capacity: this.#capacity,
      ...(shape.hidden ? { states: this.#hiddenPlaces() } : {}),
    };
    const plan = new ForwardPlan(this.#parts.device, parts, {
      ...shape,
      expectedMicroseconds: this.#pace.predict(this.#capacity.rows),
    });
    this.#plans.set(key, plan);
    return plan;
  }

  #hiddenPlaces(): BufferRef[] {
    const { layers } = this.#parts.config;
    this.#hidden ??= this.#parts.device.buffer(this.#hiddenOffset(layers + 1));
    return Array.from(
      { length: layers + 1 },
      (_, layer) => this.#hidden!.at(this.#hiddenOffset(layer)),
    );
  }

  #hiddenOffset(layer: number): number {
    return 4 * this.#parts.config.hiddenSize * this.#capacity.rows * layer;
  }

  #forgetPlans(): void {
    for (const plan of this.#plans.values()) {
      this.#pace.learn(this.#capacity.rows, plan.estimatedMicroseconds);
      plan.destroy();
    }
    this.#plans.clear();
    this.#hidden?.destroy();
    this.#hidden = null;
  }
}
