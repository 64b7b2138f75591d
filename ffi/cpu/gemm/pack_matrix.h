// Packing a plain matrix, in parallel.
#ifndef DLLM_GEMM_PACK_MATRIX_H
#define DLLM_GEMM_PACK_MATRIX_H

#include <cstdint>

#include "gemm/packed_weight.h"
#include "gemm/thread_pool.h"

namespace dllm {

// `rows` by `cols` floats, `stride` apart from row to row.
struct PlainMatrix {
  const float* data;
  int64_t rows, cols, stride;
};

struct Entry {
  int64_t row, col;
};

// weight[j, i] = scale * source[j, i], or transposed weight[i, j] = scale * source[j, i], as write_rows rounds it. The weight
// has the source's shape, or its transposed one. False at an entry that is not finite in the weight, the first one by row and
// column being given as `bad`; the weight is then written in part.
bool pack_matrix(ThreadPool& pool, const PlainMatrix& source, bool transpose, float scale, PackedWeight& weight, Entry& bad);

}  // namespace dllm
#endif
