/**
 * Options that D2F, LoPA and their relatives share, with defaults and checks.
 *
 * @module
 */
import type { ConfidenceStrategy } from "./d2f_fill.ts";
import { type Fields, integer, nullable, numeric, oneOf } from "./options.ts";
import { DREAM_FIELDS, type DreamFamilyOptions } from "./sampling.ts";

/** Options of every threshold rule here. `maxNewTokens` counts whole blocks only where there are blocks. */
export interface ThresholdOptions extends DreamFamilyOptions {
  /** tau_conf: tokens more probable than this (strictly) are filled, default 0.9. Above 1 none is. */
  readonly confidenceThreshold?: number;
  /** What forced tokens and lookaheads are ranked by and branches scored by, default `probability`. */
  readonly strategy?: ConfidenceStrategy;
  /** Forwards after which the decode is an error, default 2 maxNewTokens; `null` for none, as in the reference. */
  readonly stepCap?: number | null;
  /** The mask id; default `null` for the model's. */
  readonly maskId?: number | null;
}

/** Options of the block table. Defaults are D2F-Dream's published GSM8K setting (LoPA, Table 5). */
export interface BlockTableOptions extends ThresholdOptions {
  /** Positions per block, default 32. */
  readonly blockSize?: number;
  /** tau_add: a block is appended once the last one's progress reaches it (at least); default 0.1. */
  readonly addThreshold?: number;
  /** tau_act: a block may force tokens once its predecessor's progress reaches it (at least); default 0.95. */
  readonly activateThreshold?: number;
  /** The token that ends growth; default `null` for the model's end-of-sequence id (DiffuCoder: its padding id). */
  readonly stopId?: number | null;
}

/** Checks and defaults of {@linkcode ThresholdOptions} for options as given: the step cap follows from the length. */
export function thresholdFields(
  given: ThresholdOptions,
): Fields<ThresholdOptions> {
  const length = given.maxNewTokens ?? DREAM_FIELDS.maxNewTokens.fallback!;
  return {
    ...DREAM_FIELDS,
    confidenceThreshold: numeric({ min: 0, fallback: 0.9 }),
    strategy: oneOf(["probability", "margin", "negEntropy"]),
    stepCap: nullable(integer({ min: 1 }), 2 * length),
    maskId: nullable(integer({ min: 0 })),
  };
}

/** Checks and defaults of {@linkcode BlockTableOptions}. */
export function blockFields(
  given: BlockTableOptions,
): Fields<BlockTableOptions> {
  return {
    ...thresholdFields(given),
    blockSize: integer({ min: 1, fallback: 32 }),
    addThreshold: numeric({ min: 0, max: 1, fallback: 0.1 }),
    activateThreshold: numeric({ min: 0, max: 1, fallback: 0.95 }),
    stopId: nullable(integer({ min: 0 })),
  };
}

/** Refuses lengths in which not even one block fits, with a RangeError. */
export function checkOneBlockFits(
  { blockSize, maxNewTokens }: Required<BlockTableOptions>,
): void {
  if (maxNewTokens >= blockSize) return;
  throw new RangeError(
    `maxNewTokens is ${maxNewTokens} but a block has ${blockSize} positions and only whole blocks are generated; raise ` +
      "maxNewTokens or lower blockSize",
  );
}
