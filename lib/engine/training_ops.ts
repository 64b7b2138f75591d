/**
 * The operations of training, as `ops.ts` has those of a forward. The meaning of every field stands in `ffi/dllm_training.h`.
 *
 * @module
 */
import type { BufferRef, WeightRef } from "./ops.ts";

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
