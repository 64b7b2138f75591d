/**
 * How much arithmetic a training step is, to hold its time against the machine's peak.
 *
 * @module
 */
import { attentionWidths, type ModelConfig } from "../model/config.ts";
import { forwardFlops, type ForwardSize } from "../model/forward_cost.ts";

/**
 * Multiplications and additions of forward and backward of all weights: each product of the forward has two in the backward,
 * for its two factors. What a backward computes again is not counted; nor are norms, losses and the optimiser.
 */
export function trainingFlops(config: ModelConfig, size: ForwardSize): number {
  return 3 * forwardFlops(config, size);
}

/** The parts of {@linkcode trainingFlops} by the operations that compute them. */
export function trainingFlopsByOp(
  config: ModelConfig,
  size: ForwardSize,
): {
  readonly matmul: number;
  readonly matmulGrad: number;
  readonly attention: number;
  readonly attentionGrad: number;
} {
  const attention = 4 * config.layers * size.rows * size.keys *
    attentionWidths(config).query;
  const products = forwardFlops(config, size) - attention;
  return {
    matmul: 2 * products,
    matmulGrad: products,
    attention,
    attentionGrad: 2 * attention,
  };
}
