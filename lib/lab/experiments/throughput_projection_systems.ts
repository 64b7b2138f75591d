/**
 * The two published systems, the network they run, and the constants that their software needs.
 *
 * @module
 */
import type {
  NetworkShape,
  Precision,
} from "../../metrics/projection/accelerator.ts";
import type { Constants } from "../../metrics/projection/calibrate.ts";
import type { Stack } from "../../metrics/projection/round_time.ts";
import type { AcceleratorId } from "../hardware.ts";
import type { Visibility } from "./throughput_projection_grid.ts";

/** Dream-v0-7B, from its public `config.json`; D2F's adapter, merged, does not change its sizes. */
export const DREAM_7B: NetworkShape = {
  hiddenSize: 3584,
  layers: 28,
  heads: 28,
  kvHeads: 4,
  headDim: 128,
  mlpSize: 18944,
  vocabSize: 152064,
};

/** Qwen3-8B, from its public `config.json`: the autoregressive baseline of Table 7. */
export const QWEN3_8B: NetworkShape = {
  hiddenSize: 4096,
  layers: 36,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  mlpSize: 12288,
  vocabSize: 151936,
};

/** A system as the paper's tables name it. */
export type SystemName = "LoPA-Dist-NV" | "LoPA-Dist-Ascend";

/** What is known of a system. */
export interface PublishedSystem {
  readonly accelerator: AcceleratorId;
  readonly precision: Precision;
  readonly visibility: Visibility;
  /** Devices of a full installation. */
  readonly devices: number;
  /** Setting and lookaheads at which Table 3 prints its TPF; tau is the lowest there. */
  readonly printed: { readonly setting: string; readonly lookaheads: number };
  /** Its software under given constants. */
  readonly stack: (constants: Constants) => Stack;
}

/** The systems. Table 6 has TP 4 x BP 4 on "8 x Ascend 910C": sixteen ranks, so a rank is taken to be one die. */
export const SYSTEMS: Readonly<Record<SystemName, PublishedSystem>> = {
  "LoPA-Dist-NV": {
    accelerator: "h200",
    precision: "bf16",
    visibility: "full",
    devices: 8,
    printed: { setting: "S12", lookaheads: 7 },
    stack: ({ nvFixed, nvExchange }) => ({
      fixedSeconds: nvFixed! / 1e3,
      exchange: { of: "logits", bytesPerSecond: nvExchange! * 1e9 },
      protocol: "two-phase",
    }),
  },
  "LoPA-Dist-Ascend": {
    accelerator: "ascend-910c-die",
    precision: "w8a8",
    visibility: "block-causal",
    devices: 16,
    printed: { setting: "S18", lookaheads: 3 },
    stack: ({ ascendFixed }) => ({
      fixedSeconds: ascendFixed! / 1e3,
      exchange: { of: "choices" },
      protocol: "single-phase",
    }),
  },
};

/** A constant that is fitted. */
export interface FittedConstant {
  /** As the fit names it. */
  readonly id: string;
  readonly unit: string;
  readonly meaning: string;
  /** Where the fit starts. */
  readonly start: number;
}

/** All fitted constants: five, on twelve numbers of the settings S1, S7 and S13. */
export const FITTED: readonly FittedConstant[] = [
  {
    id: "nvFixed",
    unit: "ms/round",
    meaning:
      "LoPA-Dist-NV: time of a round that depends neither on rows nor on ranks (eager launches, host, waiting)",
    start: 10,
  },
  {
    id: "nvExchange",
    unit: "GB/s",
    meaning:
      "LoPA-Dist-NV: rate at which the branches' logits reach all ranks; holds whatever else grows with ranks and rows",
    start: 50,
  },
  {
    id: "ascendFixed",
    unit: "ms/round",
    meaning:
      "LoPA-Dist-Ascend: time of a round beyond what sheets and collectives explain",
    start: 10,
  },
  {
    id: "tokensMbpp",
    unit: "tokens",
    meaning: "D2F-Dream-Instruct on MBPP: length of an average answer",
    start: 120,
  },
  {
    id: "tokensGsm8k",
    unit: "tokens",
    meaning: "D2F-Dream-Instruct on GSM8K: length of an average answer",
    start: 200,
  },
];

/** The settings that the constants are fitted on. */
export const CALIBRATION_SETTINGS: readonly string[] = ["S1", "S7", "S13"];

/** The constants' starting values. */
export const START: Constants = Object.fromEntries(
  FITTED.map(({ id, start }) => [id, start]),
);

/** Sequence length of all settings (Table 6), in tokens. */
const LONGEST = 512;

/** Tokens of an answer: Table 6's sequence length for the base model, which never ends by itself; for the other what was
 * fitted, if it was. */
export function answerTokens(
  { model, benchmark }: { readonly model: string; readonly benchmark: string },
  constants: Constants,
): number {
  if (model.includes("Base")) return LONGEST;
  const { tokensMbpp = LONGEST, tokensGsm8k = LONGEST } = constants;
  return benchmark === "MBPP" ? tokensMbpp : tokensGsm8k;
}
