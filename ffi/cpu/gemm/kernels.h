// What one instruction set provides to gemm.cpp. Each kernels_*.cpp is compiled for its instruction set, so this header
// holds no inline function with external linkage.
#ifndef DLLM_GEMM_KERNELS_H
#define DLLM_GEMM_KERNELS_H

#include <cstddef>
#include <cstdint>

#include "isa.h"

namespace dllm {

// The product of one pass: `rows` activation rows, cut into `tiles` register tiles of nearly equal height, times a
// packed weight. The packed activations are cut at multiples of `k_block`; within a cut, the tiles follow each other,
// each as [k / 8][rows of the tile][8] elements.
struct Product {
  const float* in;
  int64_t in_stride;
  void* packed;
  int64_t rows, tiles;
  int64_t k, padded_k, k_block;
  const unsigned char* weight;
  size_t panel_bytes;
  bool bf16, swiglu;
  const float* bias;
  const float* residual;
  int64_t residual_stride;
  float* out;
  int64_t out_stride, out_cols;
};

// A part of a product: some tiles by some panels (an even number of panels for swiglu).
struct Block {
  int64_t tile_begin, tile_end;
  int64_t panel_begin, panel_end;
  float* partial;  // sums between cuts: [panel][row][16]
};

// The weight gradient of some rows: dweight[j, i] += scale * sum_r dout[r, j] * in[r, i]. The packed factors are cut into
// chunks of kChunkRows rows; within a chunk, strips of a kernel set's tile height (dout) or width (in) follow each other,
// each as [row][strip] elements, or [row / 2][strip][2] where the multiply-add takes two rows at once.
struct OuterProduct {
  const float* dout;
  int64_t dout_stride;
  const float* in;
  int64_t in_stride;
  int64_t rows, n, k;
  void* packed_dout;
  void* packed_in;
  int64_t strip_rows;  // for which a strip of a chunk has room: kChunkRows, or less where there is one chunk; even
  float* column_sums;  // per group of rows, `column_sums_stride` apart, n sums of dout; null: not wanted
  int64_t column_sums_stride;
  float* dweight;
  int64_t dweight_stride;
  float scale;
  bool bf16;
};

// A part of a weight gradient: some strips of dout by some strips of in.
struct OuterBlock {
  int64_t dout_begin, dout_end;
  int64_t in_begin, in_end;
};

struct OuterKernels {
  int64_t dout_strip, in_strip;
  void (*pack)(const OuterProduct&, int64_t group);  // packs the rows of one group
  void (*multiply)(const OuterProduct&, const OuterBlock&);
};

struct Kernels {
  int64_t row_tile;                            // the most rows of a tile
  void (*pack)(const Product&, int64_t tile);  // packs the activation rows of one tile
  void (*multiply)(const Product&, const Block&);
  // Runs the multiply-add of a weight type on registers; the number of arithmetic operations.
  double (*spin)(bool bf16, int64_t iterations);
  OuterKernels outer;
};

// The set for an available instruction set.
const Kernels& kernels_of(Isa isa);

extern const Kernels kScalarKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvx512Bf16Kernels;
extern const Kernels kNeonKernels;

namespace {

// Up to kFewRows rows, tiles take as many as kFewRowsPanels panels at once.
constexpr int kFewRows = 3;
constexpr int kFewRowsPanels = 4;

// Rows of a weight gradient that are packed in one go, and rows whose products are summed before they are added to it.
constexpr int64_t kGroupRows = 32;
constexpr int64_t kChunkRows = 256;

// The first row of a tile.
[[maybe_unused]] constexpr int64_t tile_row(const Product& product, int64_t tile) {
  return tile * product.rows / product.tiles;
}

}  // namespace
}  // namespace dllm
#endif
