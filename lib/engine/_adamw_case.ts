/** Runs the AdamW of the engine. Used by tests only. */
import { download, runOnce, upload } from "./_fixture.ts";
import type { Device } from "./device.ts";

/** Buffers of one AdamW run on a device. */
export class AdamwCase {
  readonly #buffers;

  /** Weights at the start of a run. */
  constructor(readonly device: Device, start: Float32Array) {
    const zeros = new Float32Array(start.length);
    this.#buffers = {
      param: upload(device, start),
      grad: upload(device, zeros),
      moment1: upload(device, zeros),
      moment2: upload(device, zeros),
      normSquared: device.buffer(8),
    };
  }

  /** Clips by the norm of `grad`, or by `norm` where it is given, and updates. */
  async step(
    grad: Float32Array,
    words: Int32Array,
    decay: number,
    norm?: number,
  ): Promise<void> {
    const { normSquared } = this.#buffers;
    this.#buffers.grad.write(grad);
    if (norm !== undefined) normSquared.write(Float64Array.of(norm * norm));
    await runOnce(this.device, words, (encoder) => {
      if (norm === undefined) {
        encoder.sumSquares({
          src: this.#buffers.grad,
          out: normSquared,
          count: grad.length,
        });
      }
      encoder.adamw({
        ...this.#buffers,
        count: grad.length,
        wordsAt: 0,
        decay,
      });
    });
  }

  /** Parameters, then both moments. */
  read(count: number): Float32Array[] {
    const { param, moment1, moment2 } = this.#buffers;
    return [param, moment1, moment2].map((buffer) => download(buffer, count));
  }
}
