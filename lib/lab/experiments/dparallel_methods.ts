/**
 * What the distilled models and their bases are decoded with. All of it goes block by block over the whole canvas, so that methods
 * differ in what a pass writes and in nothing else; block-causal models have their own cached blocks.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import type { JsonObject } from "../json.ts";
import {
  method,
  type MethodPlace,
  TRAINED_BLOCK,
  trainedDecoder,
} from "./lopa_scaling_methods.ts";
import type { DecoderData } from "./methods.ts";

/** Names of the methods and what their number is. */
const METHODS = {
  /** One token per pass: the most probable of the block. */
  sequential: null,
  /** Four tokens per pass. */
  four: null,
  /** Every token at least as probable as the threshold (Fast-dLLM). */
  confidence: "threshold",
  /** Every token whose entropy is at most the threshold (dParallel). */
  entropy: "threshold",
  /** LoPA, every branch a whole canvas. */
  "window-lopa": "lookaheads",
  /** D2F's blocks with one token per pass. */
  "one-token": null,
  /** D2F, tokens above the threshold. */
  d2f: "threshold",
  /** LoPA on D2F's blocks. */
  lopa: "lookaheads",
} as const;

/** Name of a method. */
export type StudentMethodName = keyof typeof METHODS;

/** A method with its number. */
export type StudentMethod = {
  readonly name: StudentMethodName;
  /** Threshold or lookaheads; `null` for methods without, and for the task's own threshold. */
  readonly value: number | null;
};

/** A method by name. */
export function studentMethod(
  name: StudentMethodName,
  value: number | null = null,
): StudentMethod {
  return { name, value };
}

/** Short name, e.g. `entropy-0.5`; also how results are looked up. */
export function studentMethodName({ name, value }: StudentMethod): string {
  return value === null ? name : `${name}-${value}`;
}

/** The method of a short name among those that go block by block without a cache; `null` for any other name. */
export function parseStudentMethod(text: string): StudentMethod | null {
  const found =
    /^(sequential|four|confidence|entropy|window-lopa)(?:-([\d.]+))?$/
      .exec(text);
  if (found === null) return null;
  const name = found[1] as StudentMethodName;
  const value = found[2] === undefined ? null : Number(found[2]);
  if (Number.isNaN(value) || (METHODS[name] === null) !== (value === null)) {
    throw new RangeError(
      `Cannot use method "${text}": ${name} wants ${
        METHODS[name] === null ? "no number" : `a number, its ${METHODS[name]}`
      }`,
    );
  }
  return { name, value };
}

/** The decoder of a method, with all its options. */
export function studentDecoder(
  wanted: StudentMethod,
  place: MethodPlace,
): DecoderData {
  const { name, value } = wanted;
  switch (name) {
    case "one-token":
      return trainedDecoder(method("one-token"), place);
    case "d2f":
      return trainedDecoder(
        method("d2f", value === null ? {} : { threshold: value }),
        place,
      );
    case "lopa":
      return trainedDecoder(method("lopa", { lookaheads: value! }), place);
    default: {
      const [decoder, options] = blockwise(name, value, place);
      const made = createDecoder({ name: decoder, options });
      return { name: decoder, options: made.options as JsonObject };
    }
  }
}

function blockwise(
  name: Exclude<StudentMethodName, "one-token" | "d2f" | "lopa">,
  value: number | null,
  { family, maxNewTokens: wanted }: MethodPlace,
): readonly [decoder: string, options: JsonObject] {
  const maxNewTokens = TRAINED_BLOCK * Math.ceil(wanted / TRAINED_BLOCK);
  const blocks = { maxNewTokens, blockSize: TRAINED_BLOCK };
  switch (name) {
    case "sequential":
      return ["llada-vanilla", { ...blocks, steps: maxNewTokens }];
    case "four":
      return ["llada-vanilla", { ...blocks, steps: maxNewTokens / 4 }];
    case "confidence":
      return ["fast-dllm-llada", {
        ...blocks,
        threshold: value!,
        cache: "none",
      }];
    case "entropy":
      return [`dparallel-${family}`, { ...blocks, entropyThreshold: value! }];
    case "window-lopa":
      return ["lopa-canvas", {
        ...blocks,
        lookaheads: value!,
        confidenceThreshold: 0.9,
        strategy: "negEntropy",
      }];
  }
}
