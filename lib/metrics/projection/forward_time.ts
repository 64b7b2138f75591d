/**
 * The least time of one forward on one device: for the layers and for the output head, whichever is longer of moving bytes from
 * memory and multiplying (the roofline of Williams, Waterman and Patterson 2009). Launches, host and anything that overlaps badly
 * are not in it.
 *
 * @module
 */
import {
  type Accelerator,
  cacheBytes,
  layerWeights,
  type NetworkShape,
  type Precision,
  weightBytes,
} from "./accelerator.ts";

/** One forward of one branch. */
export interface ForwardLoad {
  /** Positions through the layers and the output head. */
  readonly rows: number;
  /** Keys that each position sees: cached ones and the window itself. */
  readonly keys: number;
}

/** Where a forward runs. */
export interface ForwardPlace {
  readonly shape: NetworkShape;
  readonly device: Accelerator;
  readonly precision: Precision;
  /** Devices that share the forward's heads, SwiGLU columns and vocabulary evenly. */
  readonly tensorParallel: number;
}

/** Seconds of a forward, by what it goes through. */
export interface ForwardTime {
  readonly layers: number;
  readonly head: number;
  /** What the layers wait for. */
  readonly bound: "memory" | "arithmetic";
}

/**
 * Least seconds of one forward on each of `tensorParallel` devices. Under W8A8 attention and cache stay in bf16.
 *
 * @throws {RangeError} for rows, keys or devices that are not positive.
 */
export function forwardTime(
  { rows, keys }: ForwardLoad,
  { shape, device, precision, tensorParallel }: ForwardPlace,
): ForwardTime {
  if (!(rows > 0 && keys > 0 && tensorParallel >= 1)) {
    throw new RangeError(
      `Cannot time a forward of ${rows} rows and ${keys} keys on ${tensorParallel} devices, want positive numbers`,
    );
  }
  const { layers, heads, headDim, vocabSize, hiddenSize } = shape;
  const headBytes = weightBytes({ ...shape, layers: 0 }, precision);
  const bytes = weightBytes(shape, precision) - headBytes +
    cacheBytes(shape) * keys;
  const projections = 2 * rows * layers * layerWeights(shape);
  const attention = 4 * rows * layers * keys * heads * headDim;
  const memory = bytes / device.memoryBandwidth;
  const arithmetic = projections / device.peak[precision] +
    attention / device.peak.bf16;
  const headArithmetic = 2 * rows * vocabSize * hiddenSize /
    device.peak[precision];
  return {
    layers: Math.max(memory, arithmetic) / tensorParallel,
    head: Math.max(headBytes / device.memoryBandwidth, headArithmetic) /
      tensorParallel,
    bound: memory >= arithmetic ? "memory" : "arithmetic",
  };
}
