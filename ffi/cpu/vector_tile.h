// Products of small matrices in registers: tiles of kTileRows rows by one panel of columns. See vector_math.h for how this
// is included. A sum runs over the depth from 0 on, whatever the tile.
#ifndef DLLM_VECTOR_TILE_H
#define DLLM_VECTOR_TILE_H

#include "vector_math.h"

namespace dllm {
namespace {

constexpr int64_t kPanel = kLanes * kPanelVectors;
constexpr int64_t kTileRows = 6;

inline int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t panels(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

// c[r, 0..kPanel) (+)= sum over i < depth of a(r, i) * b[i, 0..kPanel), r < R; a(r, i) is a[r, i], or a[i, r] if Transposed.
template <int R, bool Transposed>
inline void multiply_tile(const float* a, int64_t a_stride, const float* b, int64_t b_stride, int64_t depth, float* c,
                          int64_t c_stride, bool add) {
  F sums[R][kPanelVectors];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < kPanelVectors; ++v) sums[r][v] = add ? load(c + r * c_stride + v * kLanes) : F{};
  }
  for (int64_t i = 0; i < depth; ++i) {
    F column[kPanelVectors];
    for (int v = 0; v < kPanelVectors; ++v) column[v] = load(b + i * b_stride + v * kLanes);
    for (int r = 0; r < R; ++r) {
      const F factor = broadcast(Transposed ? a[i * a_stride + r] : a[r * a_stride + i]);
      for (int v = 0; v < kPanelVectors; ++v) sums[r][v] = fma(factor, column[v], sums[r][v]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < kPanelVectors; ++v) store(c + r * c_stride + v * kLanes, sums[r][v]);
  }
}

template <bool Transposed>
inline void multiply_tiles(int64_t rows, const float* a, int64_t a_stride, const float* b, int64_t b_stride, int64_t depth, float* c,
                           int64_t c_stride, bool add) {
  switch (rows) {
    case 1:
      return multiply_tile<1, Transposed>(a, a_stride, b, b_stride, depth, c, c_stride, add);
    case 2:
      return multiply_tile<2, Transposed>(a, a_stride, b, b_stride, depth, c, c_stride, add);
    case 3:
      return multiply_tile<3, Transposed>(a, a_stride, b, b_stride, depth, c, c_stride, add);
    case 4:
      return multiply_tile<4, Transposed>(a, a_stride, b, b_stride, depth, c, c_stride, add);
    case 5:
      return multiply_tile<5, Transposed>(a, a_stride, b, b_stride, depth, c, c_stride, add);
    default:
      return multiply_tile<kTileRows, Transposed>(a, a_stride, b, b_stride, depth, c, c_stride, add);
  }
}

// `rows` rows of c from the rows of a.
[[maybe_unused]] void multiply_rows(int64_t rows, const float* a, int64_t a_stride, const float* b, int64_t b_stride,
                                    int64_t depth, float* c, int64_t c_stride, bool add) {
  multiply_tiles<false>(rows, a, a_stride, b, b_stride, depth, c, c_stride, add);
}

// `columns` rows of c from the columns of a.
[[maybe_unused]] void multiply_columns(int64_t columns, const float* a, int64_t a_stride, const float* b, int64_t b_stride,
                                       int64_t depth, float* c, int64_t c_stride, bool add) {
  multiply_tiles<true>(columns, a, a_stride, b, b_stride, depth, c, c_stride, add);
}

}  // namespace
}  // namespace dllm
#endif
