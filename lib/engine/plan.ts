/**
 * Command buffers that were checked once and are run many times.
 *
 * @module
 */
import {
  type DeviceContext,
  ERROR_CAPACITY,
  type RunReport,
  span,
} from "./_context.ts";
import { type CallWay, callWay } from "./_event_loop.ts";
import { DeviceResource } from "./_resource.ts";

/** What is known of a plan beforehand. */
export interface PlanOptions {
  /** Predicted length of its first run. Default infinite: that run does not block. */
  readonly expectedMicroseconds?: number;
}

/** How a run is to be made. */
export interface RunPlanOptions {
  /** Whether to block the event loop meanwhile. Default: if short, as predicted by `expectedMicroseconds`; see `callWay`. */
  readonly blocking?: boolean;
  /** Predicted length. Default for a plan: the running mean of its own runs, or the last one if it was longer; for a submit: long. */
  readonly expectedMicroseconds?: number;
}

/** How a run of these options is to be made, `estimate` microseconds long unless they say otherwise. */
export function chooseWay(
  { handle, concurrent }: Pick<DeviceContext, "handle" | "concurrent">,
  { blocking, expectedMicroseconds }: RunPlanOptions,
  estimate: number,
): CallWay {
  if (blocking !== undefined) return blocking ? "blocking" : "nonblocking";
  return callWay(handle, expectedMicroseconds ?? estimate, concurrent);
}

/** A compiled command buffer. */
export class Plan extends DeviceResource {
  #estimate: number;

  /** Wraps the plan `id`; use {@linkcode Device.plan}. */
  constructor(context: DeviceContext, id: bigint, options: PlanOptions = {}) {
    super(context, id, "plan");
    this.#estimate = options.expectedMicroseconds ?? Infinity;
  }

  /** Checks and compiles a command buffer. */
  static create(
    context: DeviceContext,
    commands: Uint8Array,
    options: PlanOptions = {},
  ): Plan {
    const id = new BigUint64Array(1);
    context.call(
      "dllm_plan_create",
      (device, error) =>
        context.symbols.dllm_plan_create(
          device,
          ...span(commands),
          id,
          ...error,
        ),
    );
    return new Plan(context, id[0]!, options);
  }

  /**
   * Prediction of the plan's native time in microseconds: the running mean, or the last run if that was longer; before the first
   * run what the plan was created with.
   */
  get estimatedMicroseconds(): number {
    return this.#estimate;
  }

  /**
   * Runs the plan with these parameter words and fills `out` with its results. Runs of one device happen in the order of the calls.
   * Neither array may be touched until the promise settles.
   */
  async run(
    params: Int32Array,
    out: Uint8Array,
    options: RunPlanOptions = {},
  ): Promise<RunReport> {
    const { id, context } = this;
    const { symbols, handle } = context;
    const paramsBytes = BigInt(params.byteLength);
    const outBytes = BigInt(out.byteLength);
    const ran = context.submit({
      where: "dllm_plan_run",
      way: chooseWay(context, options, this.#estimate),
      blocking: (times, text) =>
        symbols.dllm_plan_run(
          handle,
          id,
          params,
          paramsBytes,
          out,
          outBytes,
          times,
          text,
          ERROR_CAPACITY,
        ),
      nonblocking: (times, text) =>
        symbols.dllm_plan_run_async(
          handle,
          id,
          params,
          paramsBytes,
          out,
          outBytes,
          times,
          text,
          ERROR_CAPACITY,
        ),
    });
    const report = ran instanceof Promise ? await ran : ran;
    const micros = 1000 * report.nativeMs;
    this.#estimate = this.#estimate === Infinity
      ? micros
      : Math.max(micros, 0.75 * this.#estimate + 0.25 * micros);
    return report;
  }

  /** Gives the plan back. */
  protected override free(id: bigint): void {
    this.context.call(
      "dllm_plan_destroy",
      (device, error) =>
        this.context.symbols.dllm_plan_destroy(device, id, ...error),
    );
  }
}
