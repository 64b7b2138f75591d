/**
 * Models with random weights of any shape, a pure function of a seed: for property tests and benches without files.
 *
 * @module
 */
import type { ModelConfig } from "./config.ts";
import { FLOAT_BYTES, type FloatType, roundToBf16 } from "./float_types.ts";
import { expectedTensors } from "./tensor_names.ts";
import type { RowRange, TensorSource } from "./tensor_source.ts";
import type { ModelFamily } from "./types.ts";

/** The sizes of a network; everything else follows. */
export interface NetworkShape {
  /** Decides names, biases and logits shift. */
  readonly family: ModelFamily;
  /** Width of the residual stream. */
  readonly hiddenSize: number;
  /** Number of layers. */
  readonly layers: number;
  /** Query heads; `hiddenSize / heads` must be even. */
  readonly heads: number;
  /** Key-value heads; divides `heads`. */
  readonly kvHeads: number;
  /** Width of the SwiGLU. */
  readonly mlpSize: number;
  /** At least 4: the last three ids are beginning, end and mask. */
  readonly vocabSize: number;
  /** Default false. */
  readonly tied?: boolean;
  /** Default 4096. */
  readonly maxPositions?: number;
}

/** The shapes that benches and tests share. */
export const SHAPES = {
  /** The size of the golden models. */
  tiny: {
    family: "dream",
    hiddenSize: 64,
    layers: 3,
    heads: 4,
    kvHeads: 2,
    mlpSize: 160,
    vocabSize: 96,
  },
  /** A model that trains on a laptop. */
  small: {
    family: "dream",
    hiddenSize: 192,
    layers: 6,
    heads: 6,
    kvHeads: 6,
    mlpSize: 512,
    vocabSize: 512,
  },
  /** Qwen2.5-0.5B. */
  half: {
    family: "dream",
    hiddenSize: 896,
    layers: 24,
    heads: 14,
    kvHeads: 2,
    mlpSize: 4864,
    vocabSize: 151936,
    tied: true,
  },
} as const satisfies Record<string, NetworkShape>;

/** A complete configuration of a shape. */
export function shapeConfig(shape: NetworkShape): ModelConfig {
  const { vocabSize } = shape;
  return {
    tied: false,
    maxPositions: 4096,
    ...shape,
    headDim: shape.hiddenSize / shape.heads,
    ropeTheta: 10_000,
    normEps: 1e-6,
    qkvBias: shape.family !== "llada",
    ids: {
      mask: shape.family === "qwen2" ? null : vocabSize - 1,
      eos: vocabSize - 2,
      pad: vocabSize - 2,
      bos: vocabSize - 3,
    },
  };
}

/** How random weights are made. */
export interface RandomSourceOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Type the weights are stored in. Default `F32`. */
  readonly type?: FloatType;
  /** Scale of the output head: larger means surer predictions. Default 3. */
  readonly sharpness?: number;
}

/**
 * Random weights that keep activations of order one through any number of layers. Rows are made on demand and nothing is
 * kept.
 */
export function randomSource(
  shape: NetworkShape,
  options: RandomSourceOptions = {},
): TensorSource {
  const { seed = 1, type = "F32", sharpness = 3 } = options;
  const config = shapeConfig(shape);
  const shapes = expectedTensors(config);
  return {
    config,
    digest: `random weights, seed ${seed}, ${type}, ${JSON.stringify(shape)}`,
    type: () => type,
    read: (name, rows) => {
      const width = shapes.get(name)![1];
      const isHead = /(lm_head|transformer\.ff_out)\.weight$/.test(name);
      const spread = width === undefined
        ? 0.2
        : (isHead ? sharpness : 1) * Math.sqrt(3 / width);
      const fill = width === undefined && name.endsWith(".weight") ? 1 : 0;
      const values = randomRows(rows, {
        seed: seed ^ hash(name),
        width: width ?? 1,
        spread,
        fill,
      });
      return encode(values, type);
    },
    close: () => {},
  };
}

/** Values `fill` plus uniform noise in ±`spread`, row by row from a generator of its own. */
function randomRows(
  rows: RowRange,
  { seed, width, spread, fill }: {
    seed: number;
    width: number;
    spread: number;
    fill: number;
  },
): Float32Array {
  const out = new Float32Array(rows.count * width);
  for (let r = 0; r < rows.count; r++) {
    let state = Math.imul(seed ^ (rows.begin + r), 0x9e3779b1) ^ 0x85ebca6b ||
      1;
    for (let k = 0; k < width; k++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      out[r * width + k] = fill + spread * (state / 2 ** 31);
    }
  }
  return out;
}

function encode(values: Float32Array, type: FloatType): Uint8Array {
  if (type === "F32") return new Uint8Array(values.buffer);
  const out = new DataView(new ArrayBuffer(values.length * FLOAT_BYTES[type]));
  const bits = new DataView(new ArrayBuffer(4));
  values.forEach((value, i) => {
    if (type === "F16") return out.setFloat16(2 * i, value, true);
    bits.setFloat32(0, roundToBf16(value));
    out.setUint16(2 * i, bits.getUint16(0), true);
  });
  return new Uint8Array(out.buffer);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value;
}
