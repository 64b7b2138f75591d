/** Updates of weights written plainly, in double precision: what the native ones are tested against. Used by tests only. */

/** Settings of an AdamW run. */
export interface AdamwSettings {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly decay: number;
  /** Largest gradient norm; 0 for no clipping. */
  readonly normLimit: number;
}

/** Weights and what the optimiser knows of them. */
export interface AdamwState {
  readonly param: Float64Array;
  readonly moment1: Float64Array;
  readonly moment2: Float64Array;
}

/** The state after step `t` (1 for the first), as PyTorch's AdamW and `clip_grad_norm_` make it. */
export function adamwStep(
  { param, moment1, moment2 }: AdamwState,
  grad: ArrayLike<number>,
  settings: AdamwSettings & { readonly t: number },
): AdamwState {
  const { rate, beta1, beta2, epsilon, decay, normLimit, t } = settings;
  const norm = Math.sqrt(Array.from(grad).reduce((sum, g) => sum + g * g, 0));
  const clip = normLimit === 0 ? 1 : Math.min(1, normLimit / (norm + 1e-6));
  const m = moment1.map((old, i) =>
    beta1 * old + (1 - beta1) * clip * grad[i]!
  );
  const v = moment2.map((old, i) =>
    beta2 * old + (1 - beta2) * (clip * grad[i]!) ** 2
  );
  return {
    moment1: m,
    moment2: v,
    param: param.map((old, i) => {
      const meanGradient = m[i]! / (1 - beta1 ** t);
      const spread = Math.sqrt(v[i]! / (1 - beta2 ** t));
      return old - rate * decay * old -
        rate * meanGradient / (spread + epsilon);
    }),
  };
}

/** The words of step `t`, as `dllm_adamw` reads them; the powers are of the betas as they stand in f32. */
export function adamwWords(
  { rate, beta1, beta2, epsilon, normLimit }: AdamwSettings,
  t: number,
): Int32Array<ArrayBuffer> {
  const words = Float32Array.of(
    rate,
    beta1,
    beta2,
    epsilon,
    1 - Math.fround(beta1) ** t,
    1 - Math.fround(beta2) ** t,
    normLimit,
  );
  return new Int32Array(words.buffer);
}
