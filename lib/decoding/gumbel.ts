/**
 * LLaDA's Gumbel noise.
 *
 * @module
 */

/**
 * Noisy logits whose arg max is a draw from softmax(logits / temperature): exp(z) / (-ln u)^temperature, in float64
 * (LLaDA, ML-GSAI/LLaDA generate.py, `add_gumbel_noise`). At temperature 0 the logits themselves.
 *
 * The decoders draw by inverting the cumulative distribution of softmax(logits / temperature) instead, which needs one
 * uniform per position instead of one per vocabulary entry and has the same distribution.
 *
 * @param logits `[vocab]`.
 * @param uniforms `[vocab]`, each in [0, 1).
 */
export function gumbelNoise(
  logits: ArrayLike<number>,
  uniforms: ArrayLike<number>,
  { temperature }: { readonly temperature: number },
): Float64Array {
  if (temperature === 0) return Float64Array.from(logits);
  return Float64Array.from(
    logits,
    (logit, i) => Math.exp(logit) / (-Math.log(uniforms[i]!)) ** temperature,
  );
}
