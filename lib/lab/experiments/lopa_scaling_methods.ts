/**
 * What the trained models are decoded with: the published settings, with blocks of 16 positions because the answers are short.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import type { ModelFamily } from "../../model/types.ts";
import type { JsonObject } from "../json.ts";
import type { DecoderData } from "./methods.ts";

/** Names of the methods and whether they have branches. */
const METHODS = {
  /** Left to right, one token per forward. */
  autoregressive: false,
  /** The family's own sampler with as many steps as positions. Dream's fills its last two at once: its times end above 0. */
  vanilla: false,
  /** LLaDA's sampler in blocks, exactly one token per step, for either family. */
  "one-by-one": false,
  /** The same with four tokens per step. */
  "few-step": false,
  /** Fast-dLLM: what is at least as probable as the threshold. */
  threshold: false,
  /** LoPA on the whole canvas of a model without D2F. */
  "lopa-canvas": true,
  /** D2F's blocks with one token per step. */
  "one-token": false,
  d2f: false,
  lopa: true,
  /** The rules of the DiffuCoder scripts: confidence is the probability, growth ends at padding. */
  "d2f-diffucoder": false,
  "lopa-diffucoder": true,
  /** Branches scored, and forced tokens chosen, by probability instead of negative entropy. */
  "lopa-probability": true,
  /** Windows seen the other way: block-causal where the method's own is full, and full where it is block-causal. */
  "d2f-other-window": false,
  "lopa-other-window": true,
} as const;

/** Name of a method. */
export type TrainedMethodName = keyof typeof METHODS;

/** A method with its free numbers. */
export type TrainedMethod = {
  readonly name: TrainedMethodName;
  /** Lookahead branches; `null` for methods without branches. */
  readonly lookaheads: number | null;
  /** tau_conf; `null` for methods without a threshold, and for the task's own. */
  readonly threshold: number | null;
};

/** A method by name. */
export function method(
  name: TrainedMethodName,
  more: { readonly lookaheads?: number; readonly threshold?: number } = {},
): TrainedMethod {
  const { lookaheads = null, threshold = null } = more;
  return { name, lookaheads, threshold };
}

/** Short name, e.g. `lopa-7` or `d2f tau 0.8`; also how results are looked up. */
export function trainedMethodName(
  { name, lookaheads, threshold }: TrainedMethod,
): string {
  const branches = lookaheads === null ? "" : `-${lookaheads}`;
  return `${name}${branches}${threshold === null ? "" : ` tau ${threshold}`}`;
}

/**
 * The method of a short name without a threshold, e.g. `lopa-7`.
 *
 * @throws {RangeError} For a name that no method has, or without the lookaheads that it needs.
 */
export function parseTrainedMethod(text: string): TrainedMethod {
  const [, stem, digits] = /^(.*?)(?:-(\d+))?$/s.exec(text)!;
  const branches = Object.hasOwn(METHODS, stem!)
    ? METHODS[stem as TrainedMethodName]
    : null;
  if (branches === null || branches !== (digits !== undefined)) {
    const names = Object.entries(METHODS).map(([name, branches]) =>
      branches ? `${name}-K` : name
    );
    throw new RangeError(
      `Cannot use method "${text}": the methods are ${
        names.join(", ")
      } (K lookaheads)`,
    );
  }
  return method(
    stem as TrainedMethodName,
    digits === undefined ? {} : { lookaheads: Number(digits) },
  );
}

/** Positions per block. */
export const TRAINED_BLOCK = 16;

/** Thresholds of a task as LoPA's Table 5 has them for the benchmark it stands for. */
export interface TaskSettings {
  /** Benchmark of the papers. */
  readonly benchmark: string;
  /** Benchmark under the DiffuCoder rules; `null` where there is none. */
  readonly diffucoder: string | null;
  /** tau_add, tau_act and tau_conf. */
  readonly addThreshold: number;
  readonly activateThreshold: number;
  readonly confidenceThreshold: number;
}

const MATHS: TaskSettings = {
  benchmark: "GSM8K",
  diffucoder: null,
  addThreshold: 0.1,
  activateThreshold: 0.95,
  confidenceThreshold: 0.9,
};

const CODE: TaskSettings = {
  benchmark: "HumanEval",
  diffucoder: "HumanEval+",
  addThreshold: 0.3,
  activateThreshold: 0.95,
  confidenceThreshold: 0.95,
};

/** The settings of a task by its name. */
export function taskSettings(task: string): TaskSettings {
  return task.startsWith("code") ? CODE : MATHS;
}

/** Where a method is used. */
export interface MethodPlace {
  /** Architecture of the model. */
  readonly family: ModelFamily;
  /** Name of the task. */
  readonly task: string;
  /** Canvas that holds every answer of the task. */
  readonly maxNewTokens: number;
}

/** The decoder of a method, with all its options. */
export function trainedDecoder(
  wanted: TrainedMethod,
  place: MethodPlace,
): DecoderData {
  const [name, options] = chosen(wanted, place);
  const decoder = createDecoder({ name, options });
  return { name, options: decoder.options as JsonObject };
}

function chosen(
  { name, lookaheads, threshold }: TrainedMethod,
  { family, task, maxNewTokens }: MethodPlace,
): readonly [name: string, options: JsonObject] {
  const dream = family === "dream";
  const settings = taskSettings(task);
  const length = TRAINED_BLOCK * Math.ceil(maxNewTokens / TRAINED_BLOCK);
  const canvas = {
    maxNewTokens: length,
    blockSize: length % 32 === 0 ? 32 : TRAINED_BLOCK,
  };
  const confidenceThreshold = threshold ?? settings.confidenceThreshold;
  const blocks = {
    maxNewTokens: length,
    blockSize: TRAINED_BLOCK,
    addThreshold: settings.addThreshold,
    activateThreshold: settings.activateThreshold,
    confidenceThreshold,
    strategy: "negEntropy",
    visibility: dream ? "full" : "block-causal",
  };
  const other = { ...blocks, visibility: dream ? "block-causal" : "full" };
  const branches = lookaheads === null ? {} : { lookaheads };
  switch (name) {
    case "autoregressive":
      return ["autoregressive", { maxNewTokens: length }];
    case "vanilla":
      return dream
        ? ["dream-vanilla", { maxNewTokens: length, steps: length }]
        : ["llada-vanilla", canvas];
    case "one-by-one":
    case "few-step":
      return ["llada-vanilla", {
        maxNewTokens: length,
        blockSize: TRAINED_BLOCK,
        steps: name === "few-step" ? length / 4 : length,
      }];
    case "threshold":
      return [dream ? "fast-dllm-dream" : "fast-dllm-llada", {
        ...canvas,
        threshold: threshold ?? 0.9,
      }];
    case "lopa-canvas":
      return ["lopa-canvas", {
        ...canvas,
        ...branches,
        confidenceThreshold: threshold ?? 0.9,
        strategy: "negEntropy",
      }];
    case "one-token":
      return ["d2f", { ...blocks, ...ruleOf(dream), confidenceThreshold: 2 }];
    case "d2f":
      return ["d2f", { ...blocks, ...ruleOf(dream) }];
    case "d2f-other-window":
      return ["d2f", { ...other, ...ruleOf(dream) }];
    case "lopa":
      return ["lopa", { ...blocks, ...branches }];
    case "lopa-other-window":
      return ["lopa", { ...other, ...branches }];
    case "lopa-probability":
      return ["lopa", { ...blocks, ...branches, strategy: "probability" }];
    case "d2f-diffucoder":
      return ["d2f", {
        ...blocks,
        rule: "diffucoder",
        strategy: "probability",
        visibility: "block-causal",
      }];
    case "lopa-diffucoder":
      return ["lopa", {
        ...blocks,
        ...branches,
        variant: "diffucoder",
        strategy: "probability",
        visibility: "full",
      }];
  }
}

function ruleOf(dream: boolean): JsonObject {
  return { rule: dream ? "dream" : "llada" };
}
