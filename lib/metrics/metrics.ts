/**
 * Every metric of a run from its traces, by name.
 *
 * @module
 */
import type { Trace } from "../decoding/trace_types.ts";
import { COST_DEFINITIONS } from "./cost.ts";
import { THROUGHPUT_DEFINITIONS } from "./throughput.ts";
import { TPF_DEFINITIONS } from "./tpf.ts";
import type { Metric, MetricDefinition, MetricOptions } from "./types.ts";

/** All definitions: tokens per forward, tokens per second, cost. */
export const METRICS: readonly MetricDefinition[] = [
  ...TPF_DEFINITIONS,
  ...THROUGHPUT_DEFINITIONS,
  ...COST_DEFINITIONS,
];

/**
 * Computes every definition over the traces of one run. One that cannot apply has `value: null` and a reason.
 *
 * @example One decode, all definitions
 * ```ts
 * import { generate, goldenDirectory, loadModel, loadTokenizer, measure } from "dllm-lab";
 *
 * const checkpoint = `${await goldenDirectory()}/checkpoints/dream-tiny`;
 * using model = await loadModel(checkpoint);
 * const { trace } = await generate(model, await loadTokenizer(checkpoint), {
 *   prompt: "Q:22+10=?",
 *   decoder: "lopa",
 *   options: { maxNewTokens: 32, blockSize: 16 },
 * });
 * for (const { id, value, unit, reason } of measure([trace])) {
 *   console.log(id, value === null ? `n/a: ${reason}` : `${value} ${unit}`);
 * }
 * ```
 */
export function measure(
  traces: readonly Trace[],
  options: MetricOptions = {},
): Metric[] {
  return METRICS.map((definition) => {
    const { id, unit, meaning, source } = definition;
    return {
      id,
      unit,
      meaning,
      source,
      ...definition.compute(traces, options),
    };
  });
}

/**
 * Computes one definition.
 *
 * @throws {RangeError} for an id that no definition has; the message lists them.
 */
export function measureOne(
  traces: readonly Trace[],
  options: MetricOptions & { readonly id: string },
): Metric {
  const found = measure(traces, options).find(({ id }) => id === options.id);
  if (found === undefined) {
    throw new RangeError(
      `no metric ${JSON.stringify(options.id)}, there are ${
        METRICS.map(({ id }) => id).join(", ")
      }`,
    );
  }
  return found;
}
