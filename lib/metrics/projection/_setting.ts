/**
 * A network and a device with round numbers, for the tests of the projection.
 *
 * @module
 */
import type { Accelerator, NetworkShape } from "./accelerator.ts";
import type { RoundLoad, RoundPlace } from "./round_time.ts";

/** Dream-7B's sizes. */
export const SHAPE: NetworkShape = {
  hiddenSize: 3584,
  layers: 28,
  heads: 28,
  kvHeads: 4,
  headDim: 128,
  mlpSize: 18944,
  vocabSize: 152064,
};

/** A device whose numbers are easy to divide by. */
export const DEVICE: Accelerator = {
  name: "round numbers",
  memoryBandwidth: 1e12,
  peak: { bf16: 1e15, w8a8: 2e15 },
  linkBandwidth: 1e11,
  linkLatency: 1e-5,
};

/** A round of 8 branches on 8 devices. */
export const LOAD: RoundLoad = {
  branches: 8,
  rows: 64,
  keys: 600,
  commits: 0.5,
  committedRows: 32,
};

/** Eight groups of one device. */
export const PLACE: RoundPlace = {
  shape: SHAPE,
  device: DEVICE,
  precision: "bf16",
  mesh: { branchParallel: 8, tensorParallel: 1 },
  stack: {
    fixedSeconds: 0.01,
    exchange: { of: "logits", bytesPerSecond: 1e10 },
    protocol: "two-phase",
  },
};
