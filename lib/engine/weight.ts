/**
 * Matrices in the engine's own packed layout.
 *
 * @module
 */
import { type DeviceContext, span, u64 } from "./_context.ts";
import { DeviceResource } from "./_resource.ts";
import { DTYPE_CODES, type ElementType, SWIGLU_GROUP } from "./abi.ts";

/** What a weight is. */
export interface WeightOptions {
  /** Element type it is kept in. */
  readonly dtype: "f32" | "bf16";
  /** Output features n. */
  readonly rows: number;
  /** Input features k. */
  readonly columns: number;
}

/** Which rows of a weight a write goes to, and what it is written from. */
export interface WriteRowsOptions {
  /** Element type of the source. */
  readonly dtype: ElementType;
  /** Rows in the source. */
  readonly rows: number;
  /** First row written. Default 0. */
  readonly rowBegin?: number;
  /** Source rows that stay together. Default: all. */
  readonly group?: number;
  /** Rows from the start of one group to the start of the next. Default: the group. */
  readonly groupStride?: number;
}

/** Where gate rows and up rows go in a weight for the SwiGLU epilogue: groups of 16, taking turns. */
export const SWIGLU_ROWS = {
  gate: { rowBegin: 0, group: SWIGLU_GROUP, groupStride: 2 * SWIGLU_GROUP },
  up: {
    rowBegin: SWIGLU_GROUP,
    group: SWIGLU_GROUP,
    groupStride: 2 * SWIGLU_GROUP,
  },
} as const;

/** A matrix `[rows, columns]`, as PyTorch's `Linear.weight`, packed for the matmul. Zero at creation. */
export class Weight extends DeviceResource {
  /** Shape and element type. */
  readonly options: WeightOptions;

  /** Wraps the weight `id`; use {@linkcode Device.weight}. */
  constructor(context: DeviceContext, id: bigint, options: WeightOptions) {
    const { dtype, rows, columns } = options;
    super(context, id, `${dtype} weight of ${rows} x ${columns}`);
    this.options = options;
  }

  /** Creates a weight of zeros. */
  static create(context: DeviceContext, options: WeightOptions): Weight {
    const id = new BigUint64Array(1);
    context.call(
      "dllm_weight_create",
      (device, error) =>
        context.symbols.dllm_weight_create(
          device,
          DTYPE_CODES[options.dtype],
          u64(options.rows, "rows"),
          u64(options.columns, "columns"),
          id,
          ...error,
        ),
    );
    return new Weight(context, id[0]!, options);
  }

  /**
   * Writes source rows, row-major `[options.rows, columns]` at any alignment. Source row i goes to row
   * `rowBegin + floor(i / group) * groupStride + i % group`. Rejects non-finite entries with an `EngineError` of status NUMERIC.
   */
  writeRows(source: ArrayBufferView, options: WriteRowsOptions): void {
    const id = this.id;
    const { dtype, rows, rowBegin = 0 } = options;
    const group = Math.min(options.group ?? rows, rows);
    const groupStride = options.groupStride ?? group;
    this.context.call(
      "dllm_weight_write",
      (device, error) =>
        this.context.symbols.dllm_weight_write(
          device,
          id,
          u64(rowBegin, "rowBegin"),
          u64(rows, "rows"),
          u64(group, "group"),
          u64(groupStride, "groupStride"),
          DTYPE_CODES[dtype],
          ...span(source),
          ...error,
        ),
    );
  }

  /** Gives the weight back. */
  protected override free(id: bigint): void {
    this.context.call(
      "dllm_weight_destroy",
      (device, error) =>
        this.context.symbols.dllm_weight_destroy(device, id, ...error),
    );
  }
}
