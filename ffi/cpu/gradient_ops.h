// The loops of the backward passes of attention and RMS norm, one set per instruction set. Each gradient_ops_*.cpp is
// compiled for its own, so this header holds no inline function.
#ifndef DLLM_GRADIENT_OPS_H
#define DLLM_GRADIENT_OPS_H

#include <cstdint>

#include "gemm/isa.h"

namespace dllm {

// Backward of the attention of one segment under one kv head: `rows` rows of `group` query heads over `keys` keys.
struct AttentionGradTask {
  const float* q;  // row r, head g at q + r * q_stride + g * head_dim
  int64_t q_stride;
  const float* dout;  // laid out like q
  int64_t dout_stride;
  float* dq;  // laid out like q
  int64_t dq_stride;
  const float* key_rows;  // key i at key_rows + i * kv_stride, and so for the next three
  const float* value_rows;
  float* dkeys;
  float* dvalues;
  int64_t kv_stride;
  int64_t rows, group, head_dim, keys;
  const int64_t* visible;  // [rows] row r sees keys 0 .. visible[r] - 1, at least one
  int64_t max_visible;     // the largest of them, 0 without rows
  float scale;
  float* scratch;  // attention_grad_scratch floats, 64-byte aligned
};

// Backward of RMS norm for some rows.
struct RmsNormGradTask {
  const float* in;
  int64_t in_stride;
  const float* gain;  // [width]
  const float* dout;
  int64_t dout_stride;
  float* din;  // added to
  int64_t din_stride;
  float* dgain;  // [width], written: the sum over these rows; may be null
  int64_t rows, width;
  float eps;
};

struct GradientOps {
  // Floats of scratch that a task needs whose rows see up to so many keys.
  int64_t (*attention_grad_scratch)(int64_t head_dim, int64_t keys);
  // Writes dq, dkeys and dvalues. A key's gradient adds up over the heads of the group, then over the rows.
  void (*attention_grad)(const AttentionGradTask& task);
  void (*rms_norm_grad)(const RmsNormGradTask& task);
};

extern const GradientOps kScalarGradientOps;
extern const GradientOps kAvx2GradientOps;    // x86-64
extern const GradientOps kAvx512GradientOps;  // x86-64
extern const GradientOps kNeonGradientOps;    // aarch64

// The set for an available instruction set.
const GradientOps& gradient_ops(Isa isa) noexcept;

}  // namespace dllm
#endif
