// Packing and the loops over one block of a product, over any vector type (see kernel_steps.h).
#ifndef DLLM_GEMM_KERNEL_BLOCK_H
#define DLLM_GEMM_KERNEL_BLOCK_H

#include "kernel_epilogue.h"
#include "kernel_outer.h"
#include "kernel_steps.h"
#include "kernels.h"

namespace dllm {
namespace {

constexpr int64_t kLine = 64;  // bytes of a cache line

// Rounds and lays out the activation rows of one tile, in the order of the packed elements.
template <class Step>
void pack_tile(const Product& product, int64_t tile) {
  const int64_t first = tile_row(product, tile);
  const int64_t height = tile_row(product, tile + 1) - first;
  const float* in = product.in + first * product.in_stride;
  for (int64_t cut = 0; cut < product.padded_k; cut += product.k_block) {
    const int64_t end = least(cut + product.k_block, product.padded_k);
    auto* out = static_cast<typename Step::Element*>(product.packed) + cut * product.rows + first * (end - cut);
    for (int64_t k = cut; k < end; k += kGroup) {
      const int64_t valid = least(kGroup, product.k - k);
      for (int64_t r = 0; r < height; ++r, out += kGroup) {
        const float* from = in + r * product.in_stride + k;
        if (valid == kGroup) {
          Step::pack(from, out);
        } else {
          float padded[kGroup] = {};
          copy(from, valid, padded);
          Step::pack(padded, out);
        }
      }
    }
  }
}

// One register tile over one cut of k.
struct TileArgs {
  const void* a;
  const unsigned char* b;
  size_t b_stride;  // bytes from panel to panel
  int64_t groups;
  float* sums;
  int64_t sums_stride;        // floats from panel to panel
  bool resume;                // continue from the stored sums
  const unsigned char* next;  // the weights to fetch into the cache for later
  int64_t lines;              // and how many lines of them per group
};

template <class Step, int R, int P>
void multiply_tile(const TileArgs& args) {
  Sums<typename Step::Vec, R, P> sums;
  if (args.resume) {
    sums.load(args.sums, args.sums_stride);
  } else {
    sums.clear();
  }
  auto* a = static_cast<const typename Step::Element*>(args.a);
  const unsigned char* b = args.b;
  const unsigned char* next = args.next;
  const size_t stride = args.b_stride;
  const int64_t lines = args.lines;
  for (int64_t group = args.groups; group > 0; --group) {
    Step::template run<R, P>(a, b, stride, sums);
    DLLM_UNROLL
    for (int p = 0; p < P; ++p) {
      for (int64_t line = 0; line < lines; ++line) __builtin_prefetch(next + p * stride + line * kLine, 0, 2);
    }
    a += R * kGroup;
    b += Step::kGroupBytes;
    next += lines * kLine;
  }
  sums.store(args.sums, args.sums_stride);
}

// Panels that a tile of a given height takes at once: low tiles need several to keep multipliers and memory busy.
template <class Vec>
constexpr int panels_at_once(int rows) {
  const int most = rows <= kFewRows ? kFewRowsPanels : Vec::kPanelsAtOnce;
  const int fit = Vec::kAccumulators / (rows * (kPanel / Vec::kWidth));
  return fit < 1 ? 1 : fit < most ? fit : most;
}

template <class Vec>
constexpr int row_tile() {
  return Vec::kAccumulators / (kPanel / Vec::kWidth) / Vec::kPanelsAtOnce;
}

using TileKernel = void (*)(const TileArgs&);

// The tiles of a product are R or R - 1 rows high and take as many panels as suit the higher ones, or a single panel.
template <class Step, int R>
TileKernel tile_kernel(int64_t rows, int64_t panels) {
  if constexpr (R == 0) {
    return nullptr;
  } else {
    using Vec = typename Step::Vec;
    constexpr int kOwn = panels_at_once<Vec>(R);
    constexpr int kHigher = panels_at_once<Vec>(R + 1);
    if (rows < R) return tile_kernel<Step, R - 1>(rows, panels);
    if (panels == kOwn) return multiply_tile<Step, R, kOwn>;
    if (panels == kHigher) return multiply_tile<Step, R, kHigher>;
    return multiply_tile<Step, R, 1>;
  }
}

// Hands the finished panels [begin, end) of a block to the epilogue.
template <class Vec>
void finish_panels(const Product& product, const Block& block, int64_t begin, int64_t end) {
  const int64_t first = tile_row(product, block.tile_begin);
  const int64_t last = tile_row(product, block.tile_end);
  const int64_t stride = (last - first) * kPanel;
  const int64_t step = product.swiglu ? 2 : 1;
  for (int64_t panel = begin; panel < end; panel += step) {
    const float* sums = block.partial + (panel - block.panel_begin) * stride;
    finish_panel<Vec>(product, first, last, panel / step * kPanel, sums, product.swiglu ? sums + stride : nullptr);
  }
}

template <class Step>
const unsigned char* weights_at(const Product& product, int64_t panel, int64_t k) {
  return product.weight + static_cast<size_t>(panel) * product.panel_bytes + static_cast<size_t>(k / kGroup) * Step::kGroupBytes;
}

// One cut of k of all tiles of a block, for `count` panels from `panel` on. The tiles share in fetching the weights at
// `next`, which come after these; a lone tile fetches its own some way ahead (a lone row has enough streams without).
template <class Step>
void multiply_panels(const Product& product, const Block& block, int64_t k, int64_t panel, int64_t count, const unsigned char* next) {
  constexpr size_t kAhead = 4096;
  const int64_t first = tile_row(product, block.tile_begin);
  const int64_t length = least(product.k_block, product.padded_k - k);
  const int64_t tiles = block.tile_end - block.tile_begin;
  const auto* packed = static_cast<const typename Step::Element*>(product.packed) + k * product.rows;
  TileArgs args;
  args.b = weights_at<Step>(product, panel, k);
  args.b_stride = product.panel_bytes;
  args.groups = length / kGroup;
  args.sums_stride = (tile_row(product, block.tile_end) - first) * kPanel;
  args.resume = k > 0;
  const int64_t lines = (Step::kGroupBytes / kLine + tiles - 1) / tiles;
  int64_t wanted = next == nullptr || product.rows == 1 ? 0 : args.groups * Step::kGroupBytes / kLine;
  args.next = tiles == 1 ? args.b + kAhead : next;
  for (int64_t tile = block.tile_begin; tile < block.tile_end; ++tile) {
    const int64_t row = tile_row(product, tile);
    args.a = packed + row * length;
    args.sums = block.partial + (panel - block.panel_begin) * args.sums_stride + (row - first) * kPanel;
    args.lines = wanted > 0 ? lines : 0;
    tile_kernel<Step, row_tile<typename Step::Vec>()>(tile_row(product, tile + 1) - row, count)(args);
    args.next += args.lines * args.groups * kLine;
    wanted -= args.lines * args.groups;
  }
}

template <class Step>
void multiply_block(const Product& product, const Block& block) {
  using Vec = typename Step::Vec;
  const int64_t at_once = panels_at_once<Vec>(static_cast<int>((product.rows + product.tiles - 1) / product.tiles));
  for (int64_t k = 0; k < product.padded_k; k += product.k_block) {
    const bool last = k + product.k_block >= product.padded_k;
    int64_t finished = block.panel_begin;
    for (int64_t panel = block.panel_begin; panel < block.panel_end;) {
      const int64_t count = block.panel_end - panel >= at_once ? at_once : 1;
      const unsigned char* next = panel + count < block.panel_end ? weights_at<Step>(product, panel + count, k)
                                  : last                         ? nullptr
                                         : weights_at<Step>(product, block.panel_begin, k + product.k_block);
      multiply_panels<Step>(product, block, k, panel, count, next);
      panel += count;
      if (!last) continue;
      const int64_t ready = product.swiglu ? panel / 2 * 2 : panel;
      finish_panels<Vec>(product, block, finished, ready);
      finished = ready;
    }
  }
}

// Multiply-adds on registers; the number of arithmetic operations.
template <class Step>
double spin(int64_t iterations) {
  using Vec = typename Step::Vec;
  volatile float factor = 0.5f;
  const typename Vec::F x = Vec::splat(factor);
  typename Vec::F sums[Vec::kAccumulators];
  for (int i = 0; i < Vec::kAccumulators; ++i) sums[i] = Vec::splat(factor);
  for (int64_t iteration = 0; iteration < iterations; ++iteration) {
    DLLM_UNROLL
    for (int i = 0; i < Vec::kAccumulators; ++i) sums[i] = Step::spin(x, sums[i]);
  }
  alignas(64) float sink[kPanel];
  for (int i = 0; i < Vec::kAccumulators; ++i) {
    Vec::store(sink, sums[i]);
    factor = sink[0];
  }
  return static_cast<double>(iterations) * Vec::kAccumulators * Vec::kWidth * Step::kOperations;
}

// The kernels of an instruction set, from what it uses for the two weight types in a product and in a weight gradient.
template <class F32, class Bf16, class OuterBf16 = RoundedOuter<typename F32::Vec>>
constexpr Kernels make_kernels() {
  using Vec = typename F32::Vec;
  Kernels kernels{};
  kernels.row_tile = row_tile<Vec>();
  kernels.pack = [](const Product& product, int64_t tile) {
    product.bf16 ? pack_tile<Bf16>(product, tile) : pack_tile<F32>(product, tile);
  };
  kernels.multiply = [](const Product& product, const Block& block) {
    product.bf16 ? multiply_block<Bf16>(product, block) : multiply_block<F32>(product, block);
  };
  kernels.spin = [](bool bf16, int64_t iterations) { return bf16 ? spin<Bf16>(iterations) : spin<F32>(iterations); };
  kernels.outer = make_outer_kernels<F32Outer<Vec>, OuterBf16>();
  return kernels;
}

}  // namespace
}  // namespace dllm
#endif
