/** A trainer without a network, for tests of what runs around one: a quadratic bowl under AdamW, in f32. */
import type {
  BatchLoss,
  StepRates,
  StepReport,
  Trainer,
  TrainerState,
  TrainingBatch,
} from "./types.ts";

/** How a {@linkcode FakeTrainer} behaves. */
export interface FakeTrainerOptions {
  /** Its parameters by name. Default: eight zeros, `w`. */
  readonly start?: ReadonlyMap<string, Float32Array>;
  /** Decay of the average of its weights; absent: it keeps none. */
  readonly average?: number;
  /** Milliseconds that a step takes. Default 0. */
  readonly stepMs?: number;
  /** Step whose gradient is NaN. */
  readonly nanAt?: number;
}

/** Loss row r of a sequence with token t at its row pulls element t mod n of all parameters in a row towards target / 10. */
export class FakeTrainer implements Trainer {
  readonly #options: FakeTrainerOptions;
  readonly #start: ReadonlyMap<string, Float32Array>;
  #step = 0;
  #weights: Float32Array;
  #moment1: Float32Array;
  #moment2: Float32Array;
  #average: Float32Array;
  #gradient: Float32Array;

  constructor(options: FakeTrainerOptions = {}) {
    this.#options = options;
    this.#start = options.start ?? new Map([["w", new Float32Array(8)]]);
    const values = [...this.#start.values()].flatMap((part) => [...part]);
    this.#weights = Float32Array.from(values);
    this.#average = this.#weights.slice();
    this.#moment1 = new Float32Array(values.length);
    this.#moment2 = new Float32Array(values.length);
    this.#gradient = new Float32Array(values.length);
  }

  async step(
    batches: readonly TrainingBatch[],
    rates: StepRates,
  ): Promise<StepReport> {
    const { stepMs = 0, nanAt } = this.#options;
    await new Promise((resolve) => setTimeout(resolve, stepMs));
    this.#gradient.fill(0);
    const losses = batches.map((batch) => this.#pass(batch, this.#gradient));
    const loss = losses.reduce((sum, { loss }) => sum + loss, 0);
    if (this.#step + 1 === nanAt) this.#gradient[0] = NaN;
    const gradientNorm = Math.sqrt(
      this.#gradient.reduce((sum, g) => sum + g * g, 0),
    );
    if (Number.isFinite(gradientNorm)) this.#update(rates, gradientNorm);
    return { batches: losses, loss, gradientNorm, nativeMs: stepMs };
  }

  evaluate(batch: TrainingBatch): Promise<BatchLoss> {
    return Promise.resolve(this.#pass(batch, new Float32Array(this.#size)));
  }

  parameters(): Map<string, Float32Array> {
    return this.#named(this.#weights);
  }

  gradients(): Map<string, Float32Array> {
    return this.#named(this.#gradient);
  }

  saveState(): TrainerState {
    return {
      step: this.#step,
      weights: this.#weights.slice(),
      moment1: this.#moment1.slice(),
      moment2: this.#moment2.slice(),
      ...(this.#options.average === undefined
        ? {}
        : { average: this.#average.slice() }),
    };
  }

  loadState(state: TrainerState): void {
    this.#step = state.step;
    this.#weights = state.weights.slice();
    this.#moment1 = state.moment1.slice();
    this.#moment2 = state.moment2.slice();
    if (state.average) this.#average = state.average.slice();
  }

  averaged(): Map<string, Float32Array> {
    const kept = this.#options.average !== undefined;
    return this.#named(kept ? this.#average : this.#weights);
  }

  close(): void {}

  #named(flat: Float32Array): Map<string, Float32Array> {
    let at = 0;
    return new Map(
      [...this.#start].map(([name, { length }]) => [
        name,
        flat.slice(at, at += length),
      ]),
    );
  }

  get #size(): number {
    return this.#weights.length;
  }

  #pass(batch: TrainingBatch, gradient: Float32Array): BatchLoss {
    const hard = new Float32Array(batch.rows.length);
    let loss = 0;
    batch.rows.forEach((row, r) => {
      const token = batch.sequences[row.sequence]!.tokens[row.row]!;
      const element = token % this.#size;
      const error = this.#weights[element]! - row.target / 10;
      hard[r] = error * error / 2;
      loss += row.hard * hard[r]!;
      gradient[element]! += row.hard * error;
    });
    const zeros = new Float32Array(hard.length);
    const correct = Uint8Array.from(hard, (value) => Number(value < 0.01));
    return { loss, hard, soft: zeros, entropy: zeros, correct };
  }

  #update(rates: StepRates, norm: number): void {
    const { learningRate, beta1, beta2, epsilon, clip } = rates;
    const scale = clip > 0 && norm > clip ? clip / norm : 1;
    const decay = this.#options.average ?? 0;
    this.#step++;
    const correct1 = 1 - beta1 ** this.#step;
    const correct2 = 1 - beta2 ** this.#step;
    this.#gradient.forEach((raw, i) => {
      const g = scale * raw;
      const m = this.#moment1[i] = beta1 * this.#moment1[i]! + (1 - beta1) * g;
      const v = this.#moment2[i] = beta2 * this.#moment2[i]! +
        (1 - beta2) * g * g;
      this.#weights[i]! -= learningRate * (m / correct1) /
        (Math.sqrt(v / correct2) + epsilon);
      this.#average[i] = decay * this.#average[i]! +
        (1 - decay) * this.#weights[i]!;
    });
  }
}
