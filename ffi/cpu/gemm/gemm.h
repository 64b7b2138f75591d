// Matrix multiplication of the CPU engine: activations times packed weights.
#ifndef DLLM_GEMM_GEMM_H
#define DLLM_GEMM_GEMM_H

#include <cstdint>

#include "gemm/isa.h"
#include "gemm/packed_weight.h"
#include "gemm/thread_pool.h"

namespace dllm {

// out[i, j] = sum_k in[i, k] * weight[j, k] (+ bias[j]) (+ residual[i, j]), i < rows, j < out_cols <= n; strides count
// floats from row to row. bias (n floats) and residual may be null; out may be the residual, but not overlap `in`.
// swiglu: weight rows come in whole groups of 32 (16 gate, 16 up) and out[i, j] = silu(gate_j) * up_j, j < out_cols <= n / 2;
// bias and residual are null.
struct GemmArgs {
  const float* in;
  int64_t in_stride;
  const PackedWeight* weight;
  const float* bias;
  const float* residual;
  int64_t residual_stride;
  float* out;
  int64_t out_stride;
  int64_t rows;
  int64_t out_cols;
  bool swiglu;
};

// With a BF16 weight the inputs are rounded to BF16 first; the sum is f32, taken over k in one fixed order per
// instruction set: a row's result does not depend on the other rows, the blocking or the threads.
// `isa` must be available. Throws std::bad_alloc when the working memory (see ThreadPool::scratch) cannot be had.
void gemm(ThreadPool& pool, Isa isa, const GemmArgs& args);

// Multiply-adds x 2 per second, in 1e9, of the multiply-add that gemm uses for weights of `dtype`, run on registers for
// about `seconds` on every thread of the pool.
double peak_gflops(ThreadPool& pool, Isa isa, uint32_t dtype, double seconds);

}  // namespace dllm
#endif
