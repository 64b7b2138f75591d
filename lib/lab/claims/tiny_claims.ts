/**
 * What the papers claim, restated as trends and identities that the tiny models shipped here can show or refute. They say
 * nothing about the numbers of 7B models.
 *
 * @module
 */
import type { Claim } from "./types.ts";

/** The tiny models on which trends are tested. */
export const TINY_MODELS = ["dream-tiny", "llada-tiny"] as const;

/** A tiny model. */
export type TinyModel = (typeof TINY_MODELS)[number];

/** Share by which a point of a rising curve may lie below an earlier one; the paper's own curves dip by up to 2%. */
const DIP = 0.05;

type Trend = Omit<Claim, "id" | "scope"> & { readonly name: string };

const LOPA = "lopa" as const, DPARALLEL = "dparallel" as const;

const TRENDS: readonly Trend[] = [
  {
    name: "tpf-rises",
    paper: LOPA,
    item: "Fig. 4",
    statement: "TPF rises with the number of lookaheads, 0 to 14.",
    kind: "trend",
    shape: "rising",
    tolerance: DIP,
    values: [],
  },
  {
    name: "gain-saturates",
    paper: LOPA,
    item: "Fig. 4",
    statement:
      "The gain saturates: lookaheads 0 to 7 add more TPF than 7 to 14.",
    kind: "trend",
    shape: "saturating",
    values: [],
  },
  {
    name: "lopa-above-d2f",
    paper: LOPA,
    item: "Table 1",
    statement:
      "LoPA with 7 lookaheads decodes more tokens per forward than D2F, and D2F more than vanilla decoding.",
    kind: "ordering",
    values: [],
  },
  {
    name: "vanilla-one-token",
    paper: LOPA,
    item: "Table 1",
    statement: "Vanilla decoding has TPF 1.0: one token per forward.",
    kind: "exact",
    values: [{
      name: "TPF",
      value: 1,
      tolerance: 0,
      unit: "tokens/forward",
    }],
  },
  {
    name: "zero-lookaheads",
    paper: LOPA,
    item: "Algorithm 1",
    statement:
      "Without lookaheads LoPA is D2F: the same tokens in the same steps on every prompt.",
    kind: "exact",
    values: [{ name: "equal decodes", value: 1, tolerance: 0, unit: "share" }],
  },
  {
    name: "parallelism-order",
    paper: LOPA,
    item: "Fig. 5",
    statement:
      "More sequences per round decode more tokens per step: 8 more than 4, 4 more than 2, 2 more than D2F.",
    kind: "ordering",
    values: [],
  },
  {
    name: "curves-end-earlier",
    paper: LOPA,
    item: "Fig. 5",
    statement:
      "With more sequences an answer takes fewer steps on average: D2F most, then 2, 4 and 8 sequences.",
    kind: "ordering",
    values: [],
  },
  {
    name: "first-step-equal",
    paper: LOPA,
    item: "Fig. 5",
    statement:
      "At step 1, where only the anchor runs, the curves of 2, 4 and 8 sequences coincide.",
    kind: "exact",
    values: [{
      name: "largest difference",
      value: 0,
      tolerance: 0,
      unit: "tokens/step",
    }],
  },
  {
    name: "token-count",
    paper: LOPA,
    item: "Fig. 5",
    statement:
      "Tokens filled per step, summed, and the rounds won by a lookahead together make all tokens of the answer.",
    kind: "exact",
    values: [{ name: "difference", value: 0, tolerance: 0, unit: "tokens" }],
  },
  {
    name: "few-step",
    paper: DPARALLEL,
    item: "Table 1",
    statement:
      "Few-step decoding with a quarter of the steps writes 4 tokens per forward.",
    kind: "exact",
    values: [{
      name: "TPF",
      value: 4,
      tolerance: 0,
      unit: "tokens/forward",
    }],
  },
  {
    name: "threshold-faster",
    paper: DPARALLEL,
    item: "Table 1",
    statement:
      "Decoding by a confidence threshold of 0.9 takes fewer steps than one token per step.",
    kind: "ordering",
    values: [],
  },
];

/** Names of the tiny trends; the claim's id is `tiny-<name>-<model>`. */
export const TINY_TRENDS: readonly string[] = TRENDS.map(({ name }) => name);

/** Id of a trend's claim on a model. */
export function tinyClaimId(name: string, model: TinyModel): string {
  return `tiny-${name}-${model}`;
}

/** The claims, one per trend and tiny model. */
export function tinyClaims(): readonly Claim[] {
  return TINY_MODELS.flatMap((model) =>
    TRENDS.map(({ name, ...trend }): Claim => ({
      ...trend,
      id: tinyClaimId(name, model),
      scope: "tiny",
      statement: `${model}: ${trend.statement}`,
    }))
  );
}
