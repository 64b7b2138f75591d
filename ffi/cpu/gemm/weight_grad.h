// Weight gradients of linear layers.
#ifndef DLLM_GEMM_WEIGHT_GRAD_H
#define DLLM_GEMM_WEIGHT_GRAD_H

#include <cstdint>

#include "gemm/isa.h"
#include "gemm/thread_pool.h"

namespace dllm {

// dweight[j, i] += scale * sum_r dout[r, j] * in[r, i], r < rows, j < n, i < k; strides count floats from row to row.
// dbias (n floats, may be null): dbias[j] += scale * sum_r dout[r, j]. dweight and dbias overlap neither each other nor the
// factors.
struct WeightGradArgs {
  const float* dout;
  int64_t dout_stride;
  const float* in;
  int64_t in_stride;
  float* dweight;  // [n, k] contiguous
  float* dbias;
  int64_t rows, n, k;
  float scale;
  bool bf16;  // rounds the factors of the products to BF16; not those of dbias
};

// The products of every 256 rows are summed in f32, in the order of the rows. These chunks add up in order: to dweight
// itself where it is large or the rows are few, else to sums of 1024 rows, which are then added to it in order. dbias adds up
// chunks of 32 rows. The bits do not depend on the threads.
// `isa` must be available. Throws std::bad_alloc when the working memory (see ThreadPool::scratch) cannot be had.
void weight_grad(ThreadPool& pool, Isa isa, const WeightGradArgs& args);

}  // namespace dllm
#endif
