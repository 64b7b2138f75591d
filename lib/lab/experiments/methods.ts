/**
 * The decoding methods that the experiments compare, with the same settings everywhere: answers of at most 64 positions,
 * greedy; D2F and LoPA with blocks of 16, tau_add 0.1, tau_act 0.95, tau_conf 0.90 and branches scored by negative entropy, as
 * the published scripts have them for GSM8K but for the block size.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import type { ModelSpec } from "../../model/types.ts";
import type { JsonObject } from "../json.ts";

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

/** A decoder as data: its name and all its options, defaults included. */
export type DecoderData = {
  readonly name: string;
  readonly options: JsonObject;
};

const WIDE = { maxNewTokens: ANSWER, blockSize: WIDE_BLOCK };

const BLOCKS = {
  maxNewTokens: ANSWER,
  blockSize: BLOCK,
  addThreshold: 0.1,
  activateThreshold: 0.95,
  confidenceThreshold: 0.9,
  strategy: "negEntropy",
  visibility: "full",
};

function chosen(
  method: Method,
  dream: boolean,
): readonly [name: string, options: JsonObject] {
  switch (method.name) {
    case "vanilla":
    case "few-step": {
      const steps = method.name === "vanilla" ? ANSWER : ANSWER / 4;
      return dream
        ? ["dream-vanilla", { maxNewTokens: ANSWER, steps }]
        : ["llada-vanilla", { ...WIDE, steps }];
    }
    case "threshold":
      return [dream ? "fast-dllm-dream" : "fast-dllm-llada", WIDE];
    case "entropy":
      return [dream ? "dparallel-dream" : "dparallel-llada", WIDE];
    case "one-token":
      return ["d2f", { ...BLOCKS, confidenceThreshold: 2 }];
    case "d2f":
      return ["d2f", BLOCKS];
    case "lopa":
      return ["lopa", { ...BLOCKS, lookaheads: method.lookaheads }];
  }
}

/** The decoder of a method on a model family. */
export function decoderData(
  method: Method,
  family: ModelSpec["family"],
): DecoderData {
  const [name, options] = chosen(method, family === "dream");
  const decoder = createDecoder({ name, options });
  return { name, options: decoder.options as JsonObject };
}

/** Short name, e.g. `lopa-3`; also how results are looked up. */
export function methodName(method: Method): string {
  return method.name === "lopa" ? `lopa-${method.lookaheads}` : method.name;
}
