/**
 * Training of one model on one device.
 *
 * @module
 */
import type { Device } from "../engine/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Arena } from "./arena.ts";
import { BatchPlans } from "./batch_plans.ts";
import { checkBatch } from "./batch_rules.ts";
import { TrainerError } from "./errors.ts";
import { finitePass, finiteUpdate } from "./finite.ts";
import { Optimiser } from "./optimiser.ts";
import type { OpTimes } from "./profiled_plan.ts";
import { createNetworks, type TrainerNetworks } from "./trained_network.ts";
import {
  type SettledOptions,
  settleOptions,
  type TrainerOptions,
} from "./trainer_options.ts";
import { checkRates, readState, writeState } from "./trainer_state.ts";
import type {
  BatchLoss,
  StepRates,
  StepReport,
  Trainer,
  TrainerState,
  TrainingBatch,
} from "./types.ts";

/**
 * Puts a model on a device for training. Needs whatever the source needs, and ffi permission for the native library.
 *
 * @throws {TrainerError} When options contradict each other or the model.
 * @throws {AdapterError} When an adapter's target matches no module.
 * @throws {NonFiniteError} When a tensor holds NaN or infinity.
 *
 * @example Ten steps of a tiny random model
 * ```ts
 * import { createTrainer, Device, randomSource, SHAPES } from "dllm-lab";
 *
 * using device = await Device.open();
 * const trainer = await createTrainer(device, { source: randomSource(SHAPES.tiny) });
 * const tokens = Int32Array.of(5, 95, 7, 95);
 * const batch = {
 *   sequences: [{ tokens, limits: tokens.map(() => tokens.length) }],
 *   rows: [{ sequence: 0, row: 0, target: 6, hard: 0.5 }, { sequence: 0, row: 2, target: 8, hard: 0.5 }],
 * };
 * const rates = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, clip: 1 };
 * for (let step = 0; step < 10; step++) console.log((await trainer.step([batch], rates)).loss);
 * trainer.close();
 * ```
 */
export async function createTrainer(
  device: Device,
  options: TrainerOptions,
): Promise<NativeTrainer> {
  return await NativeTrainer.create(device, options);
}

/** Options of a step beside its rates. */
export interface StepOptions {
  /** Collects the time of every operation; the step gives the same and takes a little longer. */
  readonly times?: OpTimes;
}

/** A trainer on the native engine; made by {@linkcode createTrainer}. Steps run one at a time. */
export class NativeTrainer implements Trainer, Disposable {
  /** The network that is trained. */
  readonly config: ModelConfig;
  readonly #networks: TrainerNetworks;
  readonly #arena: Arena;
  readonly #plans: BatchPlans;
  readonly #optimiser: Optimiser;
  #step = 0;
  /** Whether the packed copies are of other weights. */
  #stale = true;
  #busy: string | null = null;

  private constructor(
    device: Device,
    { precision, decay, average }: SettledOptions,
    networks: TrainerNetworks,
  ) {
    const { arena, packing, student, teacher } = networks;
    this.config = student.config;
    this.#networks = networks;
    this.#arena = arena;
    arena.average?.write(arena.flat(arena.weights));
    this.#plans = new BatchPlans({ device, precision, student, teacher });
    this.#optimiser = new Optimiser({
      device,
      arena,
      packing,
      decay: decay.rate,
      averageKeeps: average ?? 0,
    });
  }

  /** Same as {@linkcode createTrainer}. */
  static async create(
    device: Device,
    options: TrainerOptions,
  ): Promise<NativeTrainer> {
    const settled = settleOptions(options);
    const networks = await createNetworks(device, settled);
    try {
      const trainer = new NativeTrainer(device, settled, networks);
      await trainer.#pack();
      return trainer;
    } catch (error) {
      networks.destroy();
      throw error;
    }
  }

  /**
   * Adds the gradients of all batches, then updates once.
   *
   * @throws {BatchError} When a batch breaks a rule; nothing was computed.
   * @throws {DivergenceError} When logits, a loss or the gradient are not finite; no weight was changed.
   */
  async step(
    batches: readonly TrainingBatch[],
    rates: StepRates,
    options: StepOptions = {},
  ): Promise<StepReport> {
    const { times } = options;
    return await this.#alone("step", async () => {
      checkRates(rates);
      if (batches.length === 0) {
        throw new TrainerError("A step needs at least one micro-batch");
      }
      this.#check(batches);
      this.#plans.reserve(batches);
      await this.#packStale();
      let nativeMs = await this.#optimiser.clear(times);
      const losses: BatchLoss[] = [];
      for (const [index, batch] of batches.entries()) {
        const { nativeMs: ms, ...loss } = await finitePass(this.#plans, batch, {
          index,
          backward: true,
          times,
        });
        losses.push(loss);
        nativeMs += ms;
      }
      const update = await finiteUpdate(this.#optimiser, {
        step: this.#step + 1,
        rates,
        times,
      });
      this.#step++;
      return {
        batches: losses,
        loss: losses.reduce((sum, { loss }) => sum + loss, 0),
        gradientNorm: update.gradientNorm,
        nativeMs: nativeMs + update.nativeMs,
      };
    });
  }

  /** The loss without an update. Throws as {@linkcode NativeTrainer.step} does. */
  async evaluate(batch: TrainingBatch): Promise<BatchLoss> {
    return await this.#alone("evaluate", async () => {
      this.#check([batch]);
      await this.#packStale();
      const { nativeMs: _, ...loss } = await finitePass(this.#plans, batch, {
        index: 0,
        backward: false,
      });
      return loss;
    });
  }

  /** Trainable tensors by checkpoint name (PEFT names for adapters), row-major. */
  parameters(): Map<string, Float32Array> {
    return this.#read(
      "parameters",
      () => this.#arena.tensors(this.#arena.weights),
    );
  }

  /** Gradients of the last step before clipping, under the same names. */
  gradients(): Map<string, Float32Array> {
    return this.#read(
      "gradients",
      () => this.#arena.tensors(this.#arena.gradients),
    );
  }

  /** The moving average of the weights, where one is kept, else the weights. */
  averaged(): Map<string, Float32Array> {
    const { average, weights } = this.#arena;
    return this.#read(
      "averaged",
      () => this.#arena.tensors(average ?? weights),
    );
  }

  /** Everything that a later process needs to go on bit by bit. */
  saveState(): TrainerState {
    return this.#read("saveState", () => readState(this.#arena, this.#step));
  }

  /**
   * Goes on from a saved state of the same model and settings.
   *
   * @throws {TrainerError} When it is of another model or holds numbers that are not finite; nothing was changed.
   */
  loadState(state: TrainerState): void {
    this.#read("loadState", () => {
      writeState(this.#arena, state);
      this.#step = state.step;
      this.#stale = true;
    });
  }

  /** Frees the device memory. Idempotent; throws while a step is running. */
  close(): void {
    this.#read("close", () => {
      this.#plans.destroy();
      this.#optimiser.destroy();
      this.#networks.destroy();
    });
  }

  /** Same as {@linkcode NativeTrainer.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #check(batches: readonly TrainingBatch[]): void {
    const teacher = this.#networks.teacher !== null;
    batches.forEach((batch, index) =>
      checkBatch(batch, { config: this.config, teacher, index })
    );
  }

  /** Packs weights that were loaded since the last pass. */
  async #packStale(): Promise<void> {
    if (this.#stale) await this.#pack();
  }

  async #pack(): Promise<void> {
    await this.#optimiser.pack();
    this.#stale = false;
  }

  async #alone<T>(name: string, run: () => Promise<T>): Promise<T> {
    this.#requireIdle(name);
    this.#busy = name;
    try {
      return await run();
    } finally {
      this.#busy = null;
    }
  }

  #read<T>(name: string, run: () => T): T {
    this.#requireIdle(name);
    return run();
  }

  #requireIdle(name: string): void {
    if (this.#busy === null) return;
    throw new TrainerError(
      `Cannot call ${name}: ${this.#busy} is still running; await it first`,
    );
  }
}
