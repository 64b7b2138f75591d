/**
 * How much arithmetic a forward is, to hold its time against the machine's peak.
 *
 * @module
 */
import { attentionWidths, type ModelConfig } from "./config.ts";

/** Sizes of one forward. */
export interface ForwardSize {
  /** Rows through the layers. */
  readonly rows: number;
  /** Rows through the output head. */
  readonly predictions: number;
  /** Keys that each row sees, on average. */
  readonly keys: number;
}

/** Multiplications and additions of one forward: projections, attention scores and sums, output head. */
export function forwardFlops(
  config: ModelConfig,
  { rows, predictions, keys }: ForwardSize,
): number {
  const { hiddenSize, mlpSize, vocabSize, layers } = config;
  const { query, keyValue } = attentionWidths(config);
  const projections = hiddenSize * (2 * query + 2 * keyValue + 3 * mlpSize);
  const attention = 2 * keys * query;
  return 2 *
    (layers * rows * (projections + attention) +
      predictions * vocabSize * hiddenSize);
}
