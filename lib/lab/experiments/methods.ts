/**
 * The decoding methods that the experiments compare, with the same settings everywhere: answers of at most 64 positions,
 * greedy; D2F and LoPA with blocks of 16, tau_add 0.1, tau_act 0.95, tau_conf 0.90 and branches scored by negative entropy, as
 * the published scripts have them for GSM8K but for the block size.
 *
 * @module
 */
import { d2f } from "../../decoding/d2f.ts";
import { dreamVanilla } from "../../decoding/dream_vanilla.ts";
import {
  dparallelDream,
  dparallelLlada,
} from "../../decoding/entropy_threshold.ts";
import { fastDllmDream } from "../../decoding/fast_dllm_dream.ts";
import { fastDllmLlada } from "../../decoding/fast_dllm_llada.ts";
import { lladaVanilla } from "../../decoding/llada_vanilla.ts";
import { lopa } from "../../decoding/lopa.ts";
import type { Decoder } from "../../decoding/types.ts";
import type { ModelSpec } from "../../model/types.ts";

/** A decoding method. `lookaheads` belongs to `lopa` alone. */
export type Method =
  | {
    readonly name:
      /** One token per step, the model's own sampler. */
      | "vanilla"
      /** The same with a quarter of the steps. */
      | "few-step"
      /** Fast-dLLM, confidence at least 0.9. */
      | "threshold"
      /** dParallel's sampler, entropy below 0.5 nats. */
      | "entropy"
      /** D2F's blocks with one token per step. */
      | "one-token"
      | "d2f";
  }
  | { readonly name: "lopa"; readonly lookaheads: number };

/** Positions to generate at most, and sizes of the blocks. */
export const ANSWER = 64, BLOCK = 16, WIDE_BLOCK = 32;

const WIDE = { maxNewTokens: ANSWER, blockSize: WIDE_BLOCK };

const BLOCKS = {
  maxNewTokens: ANSWER,
  blockSize: BLOCK,
  addThreshold: 0.1,
  activateThreshold: 0.95,
  confidenceThreshold: 0.9,
  strategy: "negEntropy",
} as const;

/** The decoder of a method on a model family. */
export function decoderOf(
  method: Method,
  family: ModelSpec["family"],
): Decoder {
  const dream = family === "dream";
  switch (method.name) {
    case "vanilla":
      return dream
        ? dreamVanilla({ maxNewTokens: ANSWER })
        : lladaVanilla({ ...WIDE, steps: ANSWER });
    case "few-step":
      return dream
        ? dreamVanilla({ maxNewTokens: ANSWER, steps: ANSWER / 4 })
        : lladaVanilla({ ...WIDE, steps: ANSWER / 4 });
    case "threshold":
      return dream ? fastDllmDream(WIDE) : fastDllmLlada(WIDE);
    case "entropy":
      return dream ? dparallelDream(WIDE) : dparallelLlada(WIDE);
    case "one-token":
      return d2f({ ...BLOCKS, visibility: "full", confidenceThreshold: 2 });
    case "d2f":
      return d2f({ ...BLOCKS, visibility: "full" });
    case "lopa":
      return lopa({ ...BLOCKS, lookaheads: method.lookaheads });
  }
}

/** Short name, e.g. `lopa-3`; also how results are looked up. */
export function methodName(method: Method): string {
  return method.name === "lopa" ? `lopa-${method.lookaheads}` : method.name;
}
