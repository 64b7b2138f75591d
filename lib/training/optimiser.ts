/**
 * AdamW over an arena: clears gradients, and updates weights, moments, average and packed copies in one submit.
 *
 * @module
 */
import {
  ADAMW_WORDS,
  CommandEncoder,
  type Device,
  type DeviceBuffer,
  ParameterLayout,
} from "../engine/mod.ts";
import type { Arena } from "./arena.ts";
import type { Packing } from "./packing.ts";
import { type OpTimes, ProfiledPlan } from "./profiled_plan.ts";
import type { StepRates } from "./types.ts";

/** What an optimiser works on. */
export interface OptimiserParts {
  readonly device: Device;
  readonly arena: Arena;
  readonly packing: Packing;
  /** Rate of the decay of the tensors that decay. */
  readonly decay: number;
  /** Share of the old value that the moving average keeps at a step; unused where none is kept. */
  readonly averageKeeps: number;
}

/** What an update did. */
export interface UpdateReport {
  /** Norm of the gradient before clipping. */
  readonly gradientNorm: number;
  readonly nativeMs: number;
}

/** AdamW with decoupled decay (arXiv 1711.05101). */
export class Optimiser {
  readonly #parts: OptimiserParts;
  readonly #params: DeviceBuffer;
  readonly #norm: DeviceBuffer;
  readonly #words: Float32Array<ArrayBuffer>;
  readonly #places: { readonly rates: number; readonly average: number };
  readonly #clear: ProfiledPlan;
  readonly #update: ProfiledPlan;
  readonly #pack: ProfiledPlan;

  /** Records its plans; nothing runs. */
  constructor(parts: OptimiserParts) {
    const { device } = parts;
    const layout = new ParameterLayout();
    this.#parts = parts;
    this.#places = {
      rates: layout.reserve(ADAMW_WORDS),
      average: layout.reserve(),
    };
    this.#words = new Float32Array(layout.words);
    this.#params = device.buffer(4 * layout.words);
    this.#norm = device.buffer(8);
    const plan = (record: (encoder: CommandEncoder) => void) => {
      const encoder = new CommandEncoder({
        params: this.#params,
        output: this.#norm,
      });
      record(encoder);
      return new ProfiledPlan(device, encoder.finish());
    };
    const { arena } = parts;
    this.#clear = plan((encoder) =>
      encoder.fill({
        dst: arena.gradients,
        count: arena.layout.count,
        value: 0,
      })
    );
    this.#pack = plan((encoder) => parts.packing.record(encoder));
    this.#update = plan((encoder) => this.#recordUpdate(encoder));
  }

  /** Sets all gradients to zero. */
  async clear(times?: OpTimes): Promise<number> {
    const words = this.#wordsNow();
    const run = await this.#clear.run(words, new Uint8Array(0), times);
    return run.nativeMs;
  }

  /** Packs the weights as they are. */
  async pack(): Promise<void> {
    await this.#pack.run(this.#wordsNow(), new Uint8Array(0));
  }

  /** Update number `step`, counted from 1. A norm that is not finite fails with an `EngineError` and changes nothing. */
  async update(
    step: number,
    rates: StepRates,
    times?: OpTimes,
  ): Promise<UpdateReport> {
    const { learningRate, beta1, beta2, epsilon, clip } = rates;
    this.#words.set([
      learningRate,
      beta1,
      beta2,
      epsilon,
      1 - beta1 ** step,
      1 - beta2 ** step,
      clip,
    ], this.#places.rates);
    this.#words[this.#places.average] = 1 - this.#parts.averageKeeps;
    const squared = new Float64Array(1);
    const { nativeMs } = await this.#update.run(
      this.#wordsNow(),
      new Uint8Array(squared.buffer),
      times,
    );
    return { gradientNorm: Math.sqrt(squared[0]!), nativeMs };
  }

  /** Frees plans and buffers. Idempotent. */
  destroy(): void {
    this.#clear.destroy();
    this.#pack.destroy();
    this.#update.destroy();
    this.#params.destroy();
    this.#norm.destroy();
  }

  #wordsNow(): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#words.buffer);
  }

  #recordUpdate(encoder: CommandEncoder): void {
    const { arena, packing, decay } = this.#parts;
    const { count, decayed } = arena.layout;
    encoder.sumSquares({ src: arena.gradients, out: this.#norm, count });
    const ranges = [
      { begin: 0, count: decayed, decay },
      { begin: decayed, count: count - decayed, decay: 0 },
    ];
    for (const range of ranges) {
      if (range.count === 0) continue;
      const at = (array: DeviceBuffer) => array.at(4 * range.begin);
      encoder.adamw({
        param: at(arena.weights),
        grad: at(arena.gradients),
        moment1: at(arena.moment1),
        moment2: at(arena.moment2),
        normSquared: this.#norm,
        count: range.count,
        wordsAt: this.#places.rates,
        decay: range.decay,
      });
    }
    if (arena.average !== null) {
      encoder.lerp({
        src: arena.weights,
        dst: arena.average,
        count,
        tAt: this.#places.average,
      });
    }
    packing.record(encoder);
  }
}
