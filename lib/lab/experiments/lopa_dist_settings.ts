/**
 * What is timed: the counterparts of the paper's settings S1 to S18 (Table 6) and their baselines, on this machine.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import type { ModelFamily } from "../../model/types.ts";
import type { TrainedModel } from "../evaluation/trained_models.ts";
import type { JsonObject } from "../json.ts";
import {
  method,
  TRAINED_BLOCK,
  trainedDecoder,
} from "./lopa_scaling_methods.ts";
import { branchParallel, type Layout, oneDevice } from "./lopa_dist_layouts.ts";
import type { TimedModel } from "./lopa_dist_models.ts";
import type { DecoderData } from "./methods.ts";

/** tau_act = tau_conf of S1 to S6, and so on. */
export const SWEEP_THRESHOLDS = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7] as const;

/** What branches of a window see. */
export type WindowView = "full" | "block-causal";

/** The paper's three series of settings and what stands for them here. */
export const SWEEP_SERIES = [
  { first: 1, system: "LoPA-Dist-NV", lookaheads: 3, protocol: "two-phase" },
  { first: 7, system: "LoPA-Dist-NV", lookaheads: 7, protocol: "two-phase" },
  {
    first: 13,
    system: "LoPA-Dist-Ascend",
    lookaheads: 3,
    protocol: "single-phase",
  },
] as const;

/** One way to decode, timed against the others. JSON. */
export type SweepEntry = {
  /** `S1` to `S18`, or a baseline's name. */
  readonly id: string;
  /** The paper's system that it stands for; `null` for baselines. */
  readonly system: string | null;
  readonly model: TimedModel;
  readonly decoder: DecoderData;
  readonly layout: Layout;
  /** `null` for decoders without branches. */
  readonly lookaheads: number | null;
  /** tau_act = tau_conf of a setting; `null` for baselines. */
  readonly tau: number | null;
};

/** Where decoders are used. */
export interface SweepPlace {
  readonly task: string;
  /** Canvas that holds every answer of the task. */
  readonly maxNewTokens: number;
}

/** LoPA with the free numbers of a setting; blocks of 16 where the paper has 32, because the answers are short. */
export function lopaDecoder(
  given: {
    readonly lookaheads: number;
    readonly tau: number;
    readonly visibility: WindowView;
    readonly maxNewTokens: number;
  },
): DecoderData {
  const { lookaheads, tau, visibility, maxNewTokens } = given;
  const options = {
    blockSize: TRAINED_BLOCK,
    maxNewTokens: TRAINED_BLOCK * Math.ceil(maxNewTokens / TRAINED_BLOCK),
    ...{ lookaheads, visibility, strategy: "negEntropy" },
    addThreshold: 0.1,
    ...{ activateThreshold: tau, confidenceThreshold: tau },
  };
  const decoder = createDecoder({ name: "lopa", options });
  return { name: "lopa", options: decoder.options as JsonObject };
}

/** What a model's own windows show, by its family. */
export function ownView(family: ModelFamily): WindowView {
  return family === "llada" ? "block-causal" : "full";
}

/** The settings S1 to S18 over all `cores` of the machine, one device of one thread each. */
export function settingEntries(
  model: TimedModel,
  { family, cores, maxNewTokens }: {
    readonly family: ModelFamily;
    readonly cores: number;
    readonly maxNewTokens: number;
  },
): SweepEntry[] {
  return SWEEP_SERIES.flatMap(({ first, system, lookaheads, protocol }) =>
    SWEEP_THRESHOLDS.map((tau, i): SweepEntry => {
      const visibility = protocol === "single-phase"
        ? "block-causal"
        : ownView(family);
      const decoder = { lookaheads, tau, visibility, maxNewTokens };
      const devices = Math.max(2, Math.min(cores, lookaheads + 1));
      return {
        ...{ id: `S${first + i}`, system, model, lookaheads, tau },
        decoder: lopaDecoder(decoder),
        layout: branchParallel(devices, protocol),
      };
    })
  );
}

/** D2F alone: one sequence, so one device, with all threads. */
export function d2fEntry(
  model: TimedModel,
  { family, cores, ...place }: SweepPlace & {
    readonly family: ModelFamily;
    readonly cores: number;
  },
): SweepEntry {
  return baseline(model, {
    id: "D2F",
    decoder: trainedDecoder(method("d2f"), { ...place, family }),
    layout: oneDevice(cores),
  });
}

/**
 * Baselines of a D2F model: the autoregressive twin, on one thread and on all; the model it was trained from, with one token per
 * forward, and with Fast-dLLM's threshold.
 */
export function baseEntries(
  base: TrainedModel,
  { family, cores, ...place }: SweepPlace & {
    readonly family: ModelFamily;
    readonly cores: number;
  },
): SweepEntry[] {
  const ar = trainedDecoder(method("autoregressive"), {
    ...place,
    family: "qwen2",
  });
  const layout = oneDevice(cores);
  const threads = cores > 1 ? [1, cores] : [1];
  return [
    ...threads.map((count) =>
      baseline("ar-mini", {
        id: count === 1
          ? "autoregressive, 1 thread"
          : `autoregressive, ${count} threads`,
        decoder: ar,
        layout: oneDevice(count),
      })
    ),
    baseline(base, {
      id: "base, one token per forward",
      decoder: trainedDecoder(method("one-by-one"), { ...place, family }),
      layout,
    }),
    baseline(base, {
      id: "base, Fast-dLLM 0.9",
      decoder: trainedDecoder(method("threshold"), { ...place, family }),
      layout,
    }),
  ];
}

/** Which baseline gives the accuracy that the headline is held to. */
export const ANCHOR = "base, one token per forward";

function baseline(
  model: TimedModel,
  given: Pick<SweepEntry, "id" | "decoder" | "layout">,
): SweepEntry {
  return { ...given, model, system: null, lookaheads: null, tau: null };
}
