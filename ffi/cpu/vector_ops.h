// The loops of attention, of the vocabulary passes and of SwiGLU, one set per instruction set. Each vector_ops_*.cpp is compiled for
// its own, so this header holds no inline function.
#ifndef DLLM_VECTOR_OPS_H
#define DLLM_VECTOR_OPS_H

#include <cstdint>

#include "gemm/isa.h"

namespace dllm {

// Attention of some query rows of one segment under one kv head: `rows` rows of `group` query heads.
struct AttentionTask {
  const float* q;  // row r, head g at q + r * q_stride + g * head_dim
  int64_t q_stride;
  float* out;  // laid out like q
  int64_t out_stride;
  int64_t rows, group, head_dim;
  const float* const* keys;  // [keys] pointers to head_dim floats, by ascending position
  const float* const* values;
  const int64_t* visible;  // [rows] row r sees keys 0 .. visible[r] - 1, at least one
  int64_t max_visible;     // the largest of them
  float scale;
  float* scratch;  // attention_scratch floats
};

struct TopTwo {
  float first, second;
};

// n elements each. Sums have one fixed order; NaN in gives NaN out.
struct VectorOps {
  // Floats of scratch that a task of so many rows * group, head_dim and keys needs.
  int64_t (*attention_scratch)(int64_t pairs, int64_t head_dim, int64_t keys);
  void (*attention)(const AttentionTask& task);
  // out = in, rounded to bfloat16 if `bf16`; false if one of the values is not finite.
  bool (*load_logits)(const float* in, float* out, int64_t n, bool bf16);
  // x = x / divisor, rounded to bfloat16 if `bf16`.
  void (*divide)(float* x, int64_t n, float divisor, bool bf16);
  float (*maximum)(const float* x, int64_t n);
  // e = exp(x - shift); their sum. x may hold -infinity.
  double (*exponentials)(const float* x, float* e, int64_t n, float shift);
  double (*sum)(const float* x, int64_t n);
  // p = p / total, rounded to bfloat16 if `bf16`; the largest two (second 0 when n is 1). p >= 0.
  TopTwo (*normalise)(float* p, int64_t n, float total, bool bf16);
  // sum p * log(p + epsilon); terms of p = 0 count 0.
  double (*negative_entropy)(const float* p, int64_t n, float epsilon);
  // out = silu(gate) * up.
  void (*swiglu)(const float* gate, const float* up, float* out, int64_t n);
  // The gradients of gate and up from that of out; dgate may be gate, dup may be up.
  void (*swiglu_grad)(const float* gate, const float* up, const float* dout, float* dgate, float* dup, int64_t n);
};

extern const VectorOps kScalarVectorOps;
extern const VectorOps kAvx2VectorOps;    // x86-64
extern const VectorOps kAvx512VectorOps;  // x86-64
extern const VectorOps kNeonVectorOps;    // aarch64

// The set for an available instruction set.
const VectorOps& vector_ops(Isa isa) noexcept;

}  // namespace dllm
#endif
