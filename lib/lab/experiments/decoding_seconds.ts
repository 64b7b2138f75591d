/**
 * What decoding takes, for estimates before a run.
 *
 * @module
 */
import type { DecoderData } from "./methods.ts";

/**
 * Rough seconds of a problem on two cores that decode one each, for answers of 64 positions by a model of 192 x 6 in bf16. Half the
 * processor time that was measured with AVX2 kernels, rounded up: about 95 microseconds of one core per position computed.
 */
export function decodingSeconds({ name, options }: DecoderData): number {
  const branches = 1 + Number(options.lookaheads ?? 0);
  switch (name) {
    case "llada-vanilla":
    case "dream-vanilla":
      return 0.005 * Number(options.steps ?? options.maxNewTokens);
    case "lopa-canvas":
      return 0.1 + 0.028 * branches;
    case "autoregressive":
      return 0.08;
    case "d2f":
      return Number(options.confidenceThreshold) > 1 ? 0.08 : 0.05;
    case "lopa":
      return 0.05 + 0.0095 * branches;
    default:
      return 0.13;
  }
}
