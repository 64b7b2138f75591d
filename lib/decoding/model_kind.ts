/**
 * Which models a decoder can drive: diffusion models have a mask to fill, causal language models have none.
 *
 * @module
 */
import type { DiffusionSpec, ModelSpec } from "../model/types.ts";
import { DecodeError } from "./errors.ts";

/** Stands for a position not yet written where the model has no mask: no token has this id. */
export const UNWRITTEN = -1;

/** What stands at a position not yet written: the mask, or {@linkcode UNWRITTEN} where the model has none. */
export function unwrittenId({ maskId }: Pick<ModelSpec, "maskId">): number {
  return maskId ?? UNWRITTEN;
}

/** Whether a model fills masks. */
export function isDiffusion(spec: ModelSpec): spec is DiffusionSpec {
  return spec.maskId !== null;
}

/**
 * The facts of a model that fills masks.
 *
 * @throws {DecodeError} For a causal language model.
 */
export function diffusionSpec(spec: ModelSpec): DiffusionSpec {
  if (isDiffusion(spec)) return spec;
  throw new DecodeError(
    `the model is a causal language model (family "${spec.family}") without a mask token, and this decoder fills masks; decode ` +
      'it with "autoregressive", or load a diffusion model (Dream, LLaDA)',
    { family: spec.family },
  );
}

/**
 * The facts of a model that predicts the next token.
 *
 * @throws {DecodeError} For a diffusion model.
 */
export function causalSpec(spec: ModelSpec): ModelSpec {
  if (!isDiffusion(spec)) return spec;
  throw new DecodeError(
    `the model is a diffusion model (family "${spec.family}", mask token ${spec.maskId}), which does not predict under causal ` +
      'attention; decode it with "dream-vanilla", "llada-vanilla", "d2f" or "lopa", or load a causal language model (Qwen2)',
    { family: spec.family, maskId: spec.maskId },
  );
}
