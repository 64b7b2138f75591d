/**
 * The operations of training, as `ops.ts` has those of a forward. The meaning of every field stands in `ffi/dllm.h`.
 *
 * @module
 */
import type { BufferRef, FieldKind, WeightRef } from "./ops.ts";

/** A field named `...At` is the index of a 32-bit word of the parameter buffer; a stride counts f32 elements from row to row. */
export interface TrainingOpOptions {
  /** Packs a master matrix, `dllm_pack`; `transpose` is 0 or 1. */
  readonly pack: {
    readonly weight: WeightRef;
    readonly src: BufferRef;
    readonly rows: number;
    readonly cols: number;
    readonly srcStride: number;
    readonly transpose: number;
    readonly scale: number;
  };
  /** Gradient of a linear layer's weight, `dllm_matmul_grad`; `dtype` is a code of `DTYPE_CODES`. */
  readonly matmulGrad: {
    readonly dout: BufferRef;
    readonly input: BufferRef;
    readonly dweight: BufferRef;
    readonly dbias?: BufferRef;
    readonly n: number;
    readonly k: number;
    readonly doutStride: number;
    readonly inStride: number;
    readonly rowsAt: number;
    readonly maxRows: number;
    readonly dtype: number;
    readonly scale: number;
  };
  /** Backward of `rmsNorm`, `dllm_rms_norm_grad`. */
  readonly rmsNormGrad: {
    readonly input: BufferRef;
    readonly gain: BufferRef;
    readonly dout: BufferRef;
    readonly din: BufferRef;
    readonly dgain?: BufferRef;
    readonly width: number;
    readonly inStride: number;
    readonly doutStride: number;
    readonly dinStride: number;
    readonly rowsAt: number;
    readonly maxRows: number;
    readonly eps: number;
  };
  /** Gate and up to their product, `dllm_swiglu`. */
  readonly swiglu: {
    readonly input: BufferRef;
    readonly out: BufferRef;
    readonly width: number;
    readonly inStride: number;
    readonly outStride: number;
    readonly rowsAt: number;
    readonly maxRows: number;
  };
  /** Backward of `swiglu`, `dllm_swiglu_grad`; `din` may be the input. */
  readonly swigluGrad: {
    readonly input: BufferRef;
    readonly dout: BufferRef;
    readonly din: BufferRef;
    readonly width: number;
    readonly inStride: number;
    readonly doutStride: number;
    readonly dinStride: number;
    readonly rowsAt: number;
    readonly maxRows: number;
  };
  /** Backward of `attention` over fresh keys, `dllm_attention_grad`. */
  readonly attentionGrad: {
    readonly q: BufferRef;
    readonly keys: BufferRef;
    readonly values: BufferRef;
    readonly dout: BufferRef;
    readonly dq: BufferRef;
    readonly dkeys: BufferRef;
    readonly dvalues: BufferRef;
    readonly qStride: number;
    readonly doutStride: number;
    readonly dqStride: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly headDim: number;
    readonly segmentsAt: number;
    readonly limitsAt: number;
    readonly maxSegments: number;
    readonly maxRows: number;
    readonly scale: number;
  };
  /** Backward of `ropeKv`, `dllm_rope_kv_grad`. */
  readonly ropeKvGrad: {
    readonly dqkv: BufferRef;
    readonly table: BufferRef;
    readonly dkeys: BufferRef;
    readonly dvalues: BufferRef;
    readonly dqkvStride: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly headDim: number;
    readonly rowsAt: number;
    readonly positionsAt: number;
    readonly maxRows: number;
    readonly maxPosition: number;
  };
  /** Backward of `embed`, `dllm_embed_grad`. */
  readonly embedGrad: {
    readonly dout: BufferRef;
    readonly dtable: BufferRef;
    readonly vocab: number;
    readonly k: number;
    readonly doutStride: number;
    readonly rowsAt: number;
    readonly tokensAt: number;
    readonly maxRows: number;
    readonly skip: number;
  };
  /** Fills a region with one value, `dllm_fill`. */
  readonly fill: {
    readonly dst: BufferRef;
    readonly count: number;
    readonly value: number;
  };
  /** Token losses and their gradient, `dllm_token_loss`; `flags` are bits of `LOSS_FLAGS`. */
  readonly tokenLoss: {
    readonly logits: BufferRef;
    readonly teacher?: BufferRef;
    readonly dlogits: BufferRef;
    readonly out: BufferRef;
    readonly vocab: number;
    readonly logitsStride: number;
    readonly teacherStride: number;
    readonly dlogitsStride: number;
    readonly rowsAt: number;
    readonly groupsAt: number;
    readonly maxRows: number;
    readonly maxGroups: number;
    readonly flags: number;
    readonly temperature: number;
  };
  /** Sum of squares in f64, `dllm_sum_squares`. */
  readonly sumSquares: {
    readonly src: BufferRef;
    readonly out: BufferRef;
    readonly count: number;
  };
  /** AdamW update, `dllm_adamw`. */
  readonly adamw: {
    readonly param: BufferRef;
    readonly grad: BufferRef;
    readonly moment1: BufferRef;
    readonly moment2: BufferRef;
    readonly normSquared: BufferRef;
    readonly count: number;
    readonly wordsAt: number;
    readonly decay: number;
  };
  /** Moving average, `dllm_lerp`. */
  readonly lerp: {
    readonly src: BufferRef;
    readonly dst: BufferRef;
    readonly count: number;
    readonly tAt: number;
  };
}

type Fields<Name extends keyof TrainingOpOptions> = readonly (readonly [
  keyof TrainingOpOptions[Name] | "reserved",
  FieldKind,
])[];

/** Fields of each payload in the order of the header. */
export const TRAINING_OP_FIELDS: {
  readonly [Name in keyof TrainingOpOptions]: Fields<Name>;
} = {
  pack: [
    ["weight", "id"],
    ["src", "ref"],
    ["rows", "u32"],
    ["cols", "u32"],
    ["srcStride", "u32"],
    ["transpose", "u32"],
    ["scale", "f32"],
    ["reserved", "zero"],
  ],
  matmulGrad: [
    ["dout", "ref"],
    ["input", "ref"],
    ["dweight", "ref"],
    ["dbias", "ref"],
    ["n", "u32"],
    ["k", "u32"],
    ["doutStride", "u32"],
    ["inStride", "u32"],
    ["rowsAt", "u32"],
    ["maxRows", "u32"],
    ["dtype", "u32"],
    ["scale", "f32"],
  ],
  rmsNormGrad: [
    ["input", "ref"],
    ["gain", "ref"],
    ["dout", "ref"],
    ["din", "ref"],
    ["dgain", "ref"],
    ["width", "u32"],
    ["inStride", "u32"],
    ["doutStride", "u32"],
    ["dinStride", "u32"],
    ["rowsAt", "u32"],
    ["maxRows", "u32"],
    ["eps", "f32"],
    ["reserved", "zero"],
  ],
  swiglu: [
    ["input", "ref"],
    ["out", "ref"],
    ["width", "u32"],
    ["inStride", "u32"],
    ["outStride", "u32"],
    ["rowsAt", "u32"],
    ["maxRows", "u32"],
    ["reserved", "zero"],
  ],
  swigluGrad: [
    ["input", "ref"],
    ["dout", "ref"],
    ["din", "ref"],
    ["width", "u32"],
    ["inStride", "u32"],
    ["doutStride", "u32"],
    ["dinStride", "u32"],
    ["rowsAt", "u32"],
    ["maxRows", "u32"],
  ],
  attentionGrad: [
    ["q", "ref"],
    ["keys", "ref"],
    ["values", "ref"],
    ["dout", "ref"],
    ["dq", "ref"],
    ["dkeys", "ref"],
    ["dvalues", "ref"],
    ["qStride", "u32"],
    ["doutStride", "u32"],
    ["dqStride", "u32"],
    ["heads", "u32"],
    ["kvHeads", "u32"],
    ["headDim", "u32"],
    ["segmentsAt", "u32"],
    ["limitsAt", "u32"],
    ["maxSegments", "u32"],
    ["maxRows", "u32"],
    ["scale", "f32"],
    ["reserved", "zero"],
  ],
  ropeKvGrad: [
    ["dqkv", "ref"],
    ["table", "ref"],
    ["dkeys", "ref"],
    ["dvalues", "ref"],
    ["dqkvStride", "u32"],
    ["heads", "u32"],
    ["kvHeads", "u32"],
    ["headDim", "u32"],
    ["rowsAt", "u32"],
    ["positionsAt", "u32"],
    ["maxRows", "u32"],
    ["maxPosition", "u32"],
  ],
  embedGrad: [
    ["dout", "ref"],
    ["dtable", "ref"],
    ["vocab", "u32"],
    ["k", "u32"],
    ["doutStride", "u32"],
    ["rowsAt", "u32"],
    ["tokensAt", "u32"],
    ["maxRows", "u32"],
    ["skip", "u32"],
    ["reserved", "zero"],
  ],
  fill: [
    ["dst", "ref"],
    ["count", "u64"],
    ["value", "f32"],
    ["reserved", "zero"],
  ],
  tokenLoss: [
    ["logits", "ref"],
    ["teacher", "ref"],
    ["dlogits", "ref"],
    ["out", "ref"],
    ["vocab", "u32"],
    ["logitsStride", "u32"],
    ["teacherStride", "u32"],
    ["dlogitsStride", "u32"],
    ["rowsAt", "u32"],
    ["groupsAt", "u32"],
    ["maxRows", "u32"],
    ["maxGroups", "u32"],
    ["flags", "u32"],
    ["temperature", "f32"],
  ],
  sumSquares: [
    ["src", "ref"],
    ["out", "ref"],
    ["count", "u64"],
  ],
  adamw: [
    ["param", "ref"],
    ["grad", "ref"],
    ["moment1", "ref"],
    ["moment2", "ref"],
    ["normSquared", "ref"],
    ["count", "u64"],
    ["wordsAt", "u32"],
    ["decay", "f32"],
  ],
  lerp: [
    ["src", "ref"],
    ["dst", "ref"],
    ["count", "u64"],
    ["tAt", "u32"],
    ["reserved", "zero"],
  ],
};
