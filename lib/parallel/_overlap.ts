/** A decode whose steps take time to be handed on. Used by tests only. */
import { decode } from "../decoding/decode.ts";
import { lopa } from "../decoding/lopa.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type { DiffusionModel } from "../model/types.ts";

/** A model whose forwards take longer than a turn of the event loop. */
export function slowSource(): TensorSource {
  return randomSource(SHAPES.small, { sharpness: 3 });
}

/** Decodes, keeps this thread busy with every step as a detokeniser does, and counts those that come while nothing computes. */
export async function countIdleSteps(
  model: DiffusionModel,
  computes: () => boolean,
): Promise<{ readonly steps: number; readonly idle: number }> {
  const decoder = lopa({ lookaheads: 3, blockSize: 16, maxNewTokens: 16 });
  const prompt = Int32Array.from({ length: 24 }, (_, i) => i);
  let idle = 0, steps = 0;
  for await (const _ of decode(model, decoder, prompt)) {
    const end = performance.now() + 2;
    while (performance.now() < end);
    steps++;
    if (!computes()) idle++;
  }
  return { steps, idle };
}
