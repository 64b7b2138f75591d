/**
 * The toy's cases: which decoder over which toy each vector of spec section 14 was recorded with, in the recording's own key names.
 *
 * @module
 */
import type { DiffusionModel } from "../model/types.ts";
import { d2f, type D2fOptions } from "./d2f.ts";
import { lopa } from "./lopa.ts";
import type { LopaOptions } from "./lopa_options.ts";
import { lookaheadsOf, strategyOf } from "./reference_options.ts";
import { toyModel, type ToyModelOptions, toyPrompt } from "./toy_model.ts";
import { runDecoder, type ToyRun } from "./toy_run.ts";

/** Parameters of a case. */
export interface ToyConfig {
  readonly seed: number;
  readonly prompt_len: number;
  readonly eos_at: number | null;
  readonly max_new_tokens: number;
  readonly B: number;
  readonly tau_add: number;
  readonly tau_act: number;
  readonly tau_conf: number;
  /** The reference's name of a strategy. */
  readonly strategy: string;
  readonly branch_topp: number;
  readonly alpha: number;
  readonly branching_factor: number;
  /** LoPA, or D2F's single branch with full attention. */
  readonly lopa: boolean;
}

/** A toy with its prompt. */
export interface ToyInput {
  readonly model: DiffusionModel;
  readonly prompt: Int32Array;
}

/** The toy and the prompt of a case. */
export function toyOf(
  config: ToyConfig,
  more: Pick<ToyModelOptions, "shift"> = {},
): ToyInput {
  const { seed, prompt_len: promptLength, eos_at: eosAt } = config;
  const toy = { seed, promptLength, eosAt, ...more };
  return { model: toyModel(toy), prompt: toyPrompt(toy) };
}

/** Options on top of a case's own. */
export interface ToyOverrides {
  readonly d2f?: D2fOptions;
  readonly lopa?: LopaOptions;
  /** See {@linkcode ToyModelOptions}. */
  readonly shift?: boolean;
}

/** Runs a case. */
export function runToyCase(
  config: ToyConfig,
  more: ToyOverrides = {},
): Promise<ToyRun> {
  const input = toyOf(config, { shift: more.shift ?? true });
  const block = {
    blockSize: config.B,
    maxNewTokens: config.max_new_tokens,
    addThreshold: config.tau_add,
    activateThreshold: config.tau_act,
    confidenceThreshold: config.tau_conf,
    strategy: strategyOf(config.strategy),
    barMask: false,
    stepCap: null,
  };
  if (!config.lopa) return runDecoder(d2f({ ...block, ...more.d2f }), input);
  const variant = more.lopa?.variant ?? "dream";
  const branches = {
    lookaheads: lookaheadsOf(config.branching_factor, { variant }),
    branchTopP: config.branch_topp,
    creationWeight: config.alpha,
  };
  return runDecoder(lopa({ ...block, ...branches, ...more.lopa }), input);
}
