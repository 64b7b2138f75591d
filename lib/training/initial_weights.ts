/**
 * Weights to begin from.
 *
 * @module
 */
import { philox4x32 } from "../decoding/philox.ts";
import type { ModelConfig } from "../model/config.ts";
import {
  expectedTensors,
  layerModules,
  outerModules,
} from "../model/tensor_names.ts";

/** Deviation at a width of 768, the one of GPT-2; other widths scale it by the root of their ratio. */
const DEVIATION = 0.02;

/**
 * Normal matrices, gains of one and biases of zero: a pure function of configuration and seed. Matrices have a deviation of
 * 0.02 sqrt(768 / width); those that write to the residual stream are divided by sqrt(2 layers), so that its variance does not
 * grow with depth (GPT-2, Radford et al. 2019, §2.3).
 *
 * @param seed An integer from 0 to 2^32 - 1.
 * @returns Row-major tensors by name.
 */
export function initialWeights(
  config: ModelConfig,
  seed: number,
): Map<string, Float32Array> {
  const deviation = DEVIATION * Math.sqrt(768 / config.hiddenSize);
  const residual = new Set(
    Array.from({ length: config.layers }, (_, layer) => {
      const names = layerModules(config, layer);
      return [`${names.attentionOut}.weight`, `${names.down}.weight`];
    }).flat(),
  );
  const gains = new Set([
    `${outerModules(config).finalNorm}.weight`,
    ...Array.from({ length: config.layers }, (_, layer) => {
      const names = layerModules(config, layer);
      return [`${names.attentionNorm}.weight`, `${names.mlpNorm}.weight`];
    }).flat(),
  ]);
  const tensors = [...expectedTensors(config)];
  return new Map(tensors.map(([name, shape], index) => {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (gains.has(name)) values.fill(1);
    else if (shape.length === 2) {
      const scale = residual.has(name) ? 1 / Math.sqrt(2 * config.layers) : 1;
      fillNormal(values, { seed, tensor: index, deviation: deviation * scale });
    }
    return [name, values];
  }));
}

/** Normal numbers by Box and Muller, from Philox keyed by (seed, tensor). */
function fillNormal(
  values: Float32Array,
  { seed, tensor, deviation }: {
    seed: number;
    tensor: number;
    deviation: number;
  },
): void {
  const key = Uint32Array.of(seed, tensor);
  const counter = new Uint32Array(4);
  for (let i = 0; i < values.length; i += 4) {
    counter[0] = i / 4;
    const bits = philox4x32(counter, key);
    for (let pair = 0; pair < 4; pair += 2) {
      const radius = deviation *
        Math.sqrt(-2 * Math.log((bits[pair]! + 1) / 2 ** 32));
      const angle = 2 * Math.PI * bits[pair + 1]! / 2 ** 32;
      values[i + pair] = radius * Math.cos(angle);
      values[i + pair + 1] = radius * Math.sin(angle);
    }
  }
}
