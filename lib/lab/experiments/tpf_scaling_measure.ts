/**
 * What the TPF scaling experiment says about the trends the papers claim.
 *
 * @module
 */
import {
  TINY_MODELS,
  TINY_TRENDS,
  tinyClaimId,
  type TinyModel,
} from "../claims/tiny_claims.ts";
import type { Measurement } from "../claims/types.ts";
import {
  findCell,
  metricOf,
  type ScalingCell,
  type ScalingSummary,
  summarise,
} from "./tpf_scaling_rows.ts";

/** Trends this experiment tests, on every tiny model. */
export const SCALING_TRENDS: readonly string[] = TINY_TRENDS;

type Found = Omit<Measurement, "claim" | "note"> & { readonly what: string };

/** One model's cells and summaries. Each method gives `null` when cells are missing. */
class ModelResults {
  readonly #cells: readonly ScalingCell[];
  readonly #lopa: readonly ScalingSummary[];
  readonly #model: TinyModel;

  constructor(cells: readonly ScalingCell[], model: TinyModel) {
    this.#model = model;
    this.#cells = cells.filter(({ plan }) => plan.parameters.model === model);
    this.#lopa = summarise(this.#cells).filter((row) => row.lookaheads !== null)
      .sort((a, b) => a.lookaheads! - b.lookaheads!);
  }

  #all(...methods: string[]): ScalingCell[] | null {
    const found = methods.map((method) =>
      findCell(this.#cells, { model: this.#model, method })
    );
    return found.every((cell) => cell !== undefined) ? found : null;
  }

  /** TPF against lookaheads: all that ran, or those given. `null` unless 0 and 14 and all those given are there. */
  curve(lookaheads?: readonly number[]): Found | null {
    const rows = this.#lopa.filter((row) =>
      lookaheads === undefined || lookaheads.includes(row.lookaheads!)
    );
    const ends = [rows.at(0)?.lookaheads, rows.at(-1)?.lookaheads];
    if (ends.join() !== "0,14" || rows.length < (lookaheads?.length ?? 3)) {
      return null;
    }
    return {
      values: rows.map(({ tpf }) => tpf),
      upper: rows.map(({ tpfHigh }) => tpfHigh),
      lower: rows.map(({ tpfLow }) => tpfLow),
      labels: rows.map(({ lookaheads }) => `${lookaheads} lookaheads`),
      unit: "tokens/forward",
      what:
        "positions over steps as the reference counts them, summed over prompts; 95% bootstrap intervals over prompts",
    };
  }

  metric(id: string, methods: readonly (readonly [string, string])[]) {
    const cells = this.#all(...methods.map(([name]) => name));
    return cells === null ? null : {
      values: cells.map((cell) => metricOf(cell, id)),
      labels: methods.map(([, label]) => label),
      unit: "tokens/forward",
      what: `metric ${id}`,
    };
  }

  sameDecodes(): Found | null {
    const cells = this.#all("lopa-0", "d2f");
    if (cells === null) return null;
    const [zero, d2f] = cells.map((cell) => cell.result.samples);
    const equal = zero!.filter((sample, i) =>
      sample.canvas === d2f![i]!.canvas &&
      sample.forwards === d2f![i]!.forwards &&
      sample.ids.join() === d2f![i]!.ids.join()
    );
    return {
      values: [equal.length / zero!.length],
      labels: ["equal decodes"],
      unit: "share",
      what: `${zero!.length} prompts, tokens, positions and forwards`,
    };
  }

  /** A mean over answers for D2F and 2, 4 and 8 sequences. */
  sequences(
    value: (cell: ScalingCell) => number,
    options: { readonly unit: string; readonly what: string },
  ): Found | null {
    const cells = this.#all("d2f", "lopa-1", "lopa-3", "lopa-7");
    return cells === null ? null : {
      values: cells.map(value),
      labels: ["D2F", "2 sequences", "4 sequences", "8 sequences"],
      ...options,
    };
  }

  tokenCount(): Found | null {
    if (this.#lopa.length === 0) return null;
    const samples = this.#cells.filter(({ plan }) =>
      plan.parameters.method.name === "lopa"
    ).flatMap(({ result }) => result.samples);
    const off = samples.map(({ canvas, fills, accepted }) =>
      Math.abs(canvas - fills - accepted)
    );
    return {
      values: [Math.max(...off)],
      labels: ["largest difference"],
      unit: "tokens",
      what: `${samples.length} LoPA decodes`,
    };
  }
}

function tokensPerStep({ result: { samples } }: ScalingCell): number {
  const sum = (of: (sample: (typeof samples)[number]) => number) =>
    samples.reduce((total, sample) => total + of(sample), 0);
  return sum(({ fills }) => fills) / sum(({ forwards }) => forwards);
}

function meanForwards({ result: { samples } }: ScalingCell): number {
  return samples.reduce((sum, { forwards }) => sum + forwards, 0) /
    samples.length;
}

function firstStep(found: Found | null): Found | null {
  if (found === null) return null;
  const lopa = found.values.slice(1);
  return {
    ...found,
    values: [Math.max(...lopa) - Math.min(...lopa)],
    labels: ["largest difference"],
  };
}

function reversed(found: Found | null): Found | null {
  return found === null ? null : {
    ...found,
    values: found.values.toReversed(),
    labels: found.labels.toReversed(),
  };
}

/** How each trend is read off a model's results. */
const READ: Readonly<Record<string, (found: ModelResults) => Found | null>> = {
  "tpf-rises": (found) => found.curve(),
  "gain-saturates": (found) => found.curve([0, 7, 14]),
  "lopa-above-d2f": (found) =>
    found.metric("tpf.reference", [
      ["lopa-7", "LoPA with 7 lookaheads"],
      ["d2f", "D2F"],
      ["vanilla", "vanilla"],
    ]),
  "vanilla-one-token": (found) =>
    found.metric("tpf.canvas", [["vanilla", "vanilla"]]),
  "zero-lookaheads": (found) => found.sameDecodes(),
  "parallelism-order": (found) =>
    reversed(found.sequences(tokensPerStep, {
      unit: "tokens/step",
      what: "tokens filled by the rule over forwards, all steps",
    })),
  "curves-end-earlier": (found) =>
    found.sequences(meanForwards, {
      unit: "forwards",
      what: "mean forwards per answer",
    }),
  "first-step-equal": (found) =>
    firstStep(found.sequences((cell) => cell.result.steps[0]!.mean, {
      unit: "tokens/step",
      what: "mean tokens at step 1",
    })),
  "token-count": (found) => found.tokenCount(),
  "few-step": (found) => found.metric("tpf.canvas", [["few-step", "few-step"]]),
  "threshold-faster": (found) =>
    found.metric("tpf.canvas", [
      ["threshold", "threshold 0.9"],
      ["vanilla", "one token per step"],
    ]),
};

/** Measurements for all trends whose cells are there. */
export function measureScaling(
  cells: readonly ScalingCell[],
): readonly Measurement[] {
  return TINY_MODELS.flatMap((model) => {
    const results = new ModelResults(cells, model);
    const prompts = cells[0]?.result.samples.length ?? 0;
    return SCALING_TRENDS.flatMap((name) => {
      const found = READ[name]!(results);
      if (found === null) return [];
      const { what, ...numbers } = found;
      const note = `Tiny model ${model}, ${prompts} toy prompts, f32: ${what}.`;
      return [{ claim: tinyClaimId(name, model), ...numbers, note }];
    });
  });
}
