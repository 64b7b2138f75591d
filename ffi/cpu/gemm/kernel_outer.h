// Weight gradients: packing of the factors and sums of outer products, over any vector type (see kernel_steps.h).
//
// An Outer has: Vec; Element, the type of packed factors; kDepth, the rows that one multiply-add takes; put<Lanes>(first,
// second, out), which packs kDepth rows of Lanes columns; add<R, C>(a, b, sums), which adds kDepth rows of products.
#ifndef DLLM_GEMM_KERNEL_OUTER_H
#define DLLM_GEMM_KERNEL_OUTER_H

#include "kernel_epilogue.h"
#include "kernel_steps.h"
#include "kernels.h"

namespace dllm {
namespace {

template <int Lanes>
struct Bits {
  typedef uint32_t Vector __attribute__((vector_size(Lanes * 4)));
};

// Floats rounded to BF16 (nearest even; NaN stays NaN), in the upper halves.
inline void round_columns(const float* in, int64_t count, float* out) {
  Words rounded;
  int64_t i = 0;
  for (; i + kGroup <= count; i += kGroup) {
    round_to_bf16(in + i, rounded);
    __builtin_memcpy(out + i, &rounded, sizeof rounded);
  }
  if (i == count) return;
  float padded[kGroup] = {};
  copy(in + i, count - i, padded);
  round_to_bf16(padded, rounded);
  __builtin_memcpy(padded, &rounded, sizeof rounded);
  copy(padded, count - i, out + i);
}

template <class V>
struct F32Outer {
  using Vec = V;
  using Element = float;
  static constexpr int kDepth = 1;

  static void take(const float* in, int64_t count, float* out) { copy(in, count, out); }

  template <int Lanes>
  static DLLM_INLINE void put(const float* first, const float*, Element* out) {
    __builtin_memcpy(out, first, Lanes * sizeof *out);
  }

  template <int R, int C>
  static DLLM_INLINE void add(const Element* a, const Element* b, typename Vec::F (&sums)[R][C]) {
    typename Vec::F columns[C];
    DLLM_UNROLL
    for (int j = 0; j < C; ++j) columns[j] = Vec::load(b + j * Vec::kWidth);
    DLLM_UNROLL
    for (int r = 0; r < R; ++r) {
      const typename Vec::F x = Vec::broadcast(a + r);
      DLLM_UNROLL
      for (int j = 0; j < C; ++j) sums[r][j] = Vec::fma(x, columns[j], sums[r][j]);
    }
  }
};

// BF16 factors where there is no BF16 arithmetic: rounded floats, whose products are exact in the f32 multiply-add.
template <class V>
struct RoundedOuter : F32Outer<V> {
  static void take(const float* in, int64_t count, float* out) { round_columns(in, count, out); }
};

// BF16 factors in pairs of rows. Derived is the type that has Vec::F add_pairs(sum, a, b), which adds the two products of
// each pair at `b` with the pair `a`; see the instruction sets.
template <class V>
struct PairOuter {
  using Vec = V;
  using Element = uint16_t;
  static constexpr int kDepth = 2;

  static void take(const float* in, int64_t count, float* out) { round_columns(in, count, out); }

  template <int Lanes>
  static DLLM_INLINE void put(const float* first, const float* second, Element* out) {
    typename Bits<Lanes>::Vector low, high;
    __builtin_memcpy(&low, first, sizeof low);
    __builtin_memcpy(&high, second, sizeof high);
    const typename Bits<Lanes>::Vector pairs = (low >> 16) | high;
    __builtin_memcpy(out, &pairs, sizeof pairs);
  }
};

template <class Outer, int R, int C>
DLLM_INLINE void add_products(const typename Outer::Element* a, const typename Outer::Element* b, typename Outer::Vec::F (&sums)[R][C]) {
  if constexpr (Outer::kDepth == 1) {
    Outer::add(a, b, sums);
  } else {
    DLLM_UNROLL
    for (int r = 0; r < R; ++r) {
      uint32_t pair;
      __builtin_memcpy(&pair, a + 2 * r, sizeof pair);
      DLLM_UNROLL
      for (int j = 0; j < C; ++j) sums[r][j] = Outer::add_pairs(sums[r][j], pair, b + 2 * j * Outer::Vec::kWidth);
    }
  }
}

constexpr int64_t kPieceRows = 16, kPieceColumns = 192;

// Packs kDepth rows of one strip, in pieces of a power of two columns.
template <class Outer, int Columns>
DLLM_INLINE void pack_columns(const float* first, const float* second, typename Outer::Element* out) {
  constexpr int kLanes = Columns >= 8 ? 8 : Columns >= 4 ? 4 : Columns >= 2 ? 2 : 1;
  Outer::template put<kLanes>(first, second, out);
  if constexpr (Columns > kLanes) {
    pack_columns<Outer, Columns - kLanes>(first + kLanes, second + kLanes, out + kLanes * Outer::kDepth);
  }
}

// Packs some rows of a factor into strips of Width columns, `strip_elements` apart; columns and rows that are missing in
// the last ones are zeros. The rows go through a piece in the first-level cache: memory is read row by row, and written
// strip by strip.
template <class Outer, int Width>
void pack_factor(const float* in, int64_t stride, int64_t rows, int64_t columns, typename Outer::Element* out, int64_t strip_elements) {
  constexpr int64_t kPiece = kPieceColumns / Width * Width;
  alignas(64) float piece[kPieceRows][kPieceColumns + kGroup];
  for (int64_t top = 0; top < rows; top += kPieceRows, out += kPieceRows * Width) {
    const int64_t height = least(kPieceRows, rows - top);
    typename Outer::Element* strip = out;
    for (int64_t left = 0; left < columns; left += kPiece) {
      const int64_t width = least(kPiece, columns - left);
      const int64_t padded = (width + Width - 1) / Width * Width;
      for (int64_t row = 0; row < height; ++row) {
        Outer::take(in + (top + row) * stride + left, width, piece[row]);
        for (int64_t column = width; column < padded; ++column) piece[row][column] = 0.0f;
      }
      if (height % Outer::kDepth != 0) {
        for (int64_t column = 0; column < padded; ++column) piece[height][column] = 0.0f;
      }
      for (int64_t column = 0; column < padded; column += Width, strip += strip_elements) {
        typename Outer::Element* to = strip;
        for (int64_t row = 0; row < height; row += Outer::kDepth, to += Width * Outer::kDepth) {
          pack_columns<Outer, Width>(piece[row] + column, piece[row + Outer::kDepth - 1] + column, to);
        }
      }
    }
  }
}

template <class Vec>
constexpr int dout_strip() {
  return Vec::kAccumulators / (kPanel / Vec::kWidth) / Vec::kPanelsAtOnce;
}

template <class Vec>
constexpr int in_strip() {
  return kPanel * Vec::kPanelsAtOnce;
}

constexpr int64_t strips(int64_t columns, int64_t width) { return (columns + width - 1) / width; }

template <class Outer>
void pack_group(const OuterProduct& product, int64_t group) {
  using Element = typename Outer::Element;
  constexpr int64_t kDout = dout_strip<typename Outer::Vec>(), kIn = in_strip<typename Outer::Vec>();
  const int64_t row = group * kGroupRows;
  const int64_t rows = least(kGroupRows, product.rows - row);
  const int64_t chunk = row / kChunkRows, within = row % kChunkRows, length = product.strip_rows;
  const float* const dout = product.dout + row * product.dout_stride;
  const float* const in = product.in + row * product.in_stride;
  auto* const packed_dout = static_cast<Element*>(product.packed_dout) + (chunk * strips(product.n, kDout) * length + within) * kDout;
  auto* const packed_in = static_cast<Element*>(product.packed_in) + (chunk * strips(product.k, kIn) * length + within) * kIn;
  pack_factor<Outer, kDout>(dout, product.dout_stride, rows, product.n, packed_dout, length * kDout);
  pack_factor<Outer, kIn>(in, product.in_stride, rows, product.k, packed_in, length * kIn);
  if (product.column_sums == nullptr) return;
  float* const sums = product.column_sums + group * product.column_sums_stride;
  for (int64_t j = 0; j < product.n; ++j) sums[j] = dout[j];
  for (int64_t r = 1; r < rows; ++r) {
    for (int64_t j = 0; j < product.n; ++j) sums[j] += dout[r * product.dout_stride + j];
  }
}

// One register tile over the rows of one chunk, added to `rows` by `columns` elements of the gradient at `out`. A tile that
// sticks out goes through a full-size copy, so that its elements see the same instructions.
template <class Outer>
void add_tile(const typename Outer::Element* a, const typename Outer::Element* b, int64_t steps, float scale, float* out, int64_t stride,
              int64_t rows, int64_t columns) {
  using Vec = typename Outer::Vec;
  using F = typename Vec::F;
  constexpr int R = dout_strip<Vec>(), kColumns = in_strip<Vec>(), C = kColumns / Vec::kWidth;
  F sums[R][C];
  DLLM_UNROLL
  for (int r = 0; r < R; ++r) {
    DLLM_UNROLL
    for (int j = 0; j < C; ++j) sums[r][j] = Vec::splat(0.0f);
  }
  if (rows == R) {
    DLLM_UNROLL
    for (int r = 0; r < R; ++r) {
      DLLM_UNROLL
      for (int j = 0; j < kColumns; j += kPanel) __builtin_prefetch(out + r * stride + j, 1, 3);
    }
  }
  for (; steps > 0; --steps, a += R * Outer::kDepth, b += kColumns * Outer::kDepth) add_products<Outer, R, C>(a, b, sums);
  const F factor = Vec::splat(scale);
  const auto add_to = [&](float* to, int64_t to_stride) DLLM_LAMBDA_INLINE {
    DLLM_UNROLL
    for (int r = 0; r < R; ++r) {
      DLLM_UNROLL
      for (int j = 0; j < C; ++j) {
        float* const at = to + r * to_stride + j * Vec::kWidth;
        Vec::store(at, Vec::fma(factor, sums[r][j], Vec::load(at)));
      }
    }
  };
  if (rows == R && columns == kColumns) return add_to(out, stride);
  alignas(64) float whole[R * kColumns] = {};
  for (int64_t r = 0; r < rows; ++r) copy(out + r * stride, columns, whole + r * kColumns);
  add_to(whole, kColumns);
  for (int64_t r = 0; r < rows; ++r) copy(whole + r * kColumns, columns, out + r * stride);
}

template <class Outer>
void multiply_outer(const OuterProduct& product, const OuterBlock& block) {
  using Element = typename Outer::Element;
  constexpr int64_t kDout = dout_strip<typename Outer::Vec>(), kIn = in_strip<typename Outer::Vec>();
  const int64_t dout_strips = strips(product.n, kDout), in_strips = strips(product.k, kIn);
  for (int64_t row = 0, chunk = 0; row < product.rows; row += kChunkRows, ++chunk) {
    const int64_t steps = (least(kChunkRows, product.rows - row) + Outer::kDepth - 1) / Outer::kDepth;
    for (int64_t i = block.in_begin; i < block.in_end; ++i) {
      const auto* const b = static_cast<const Element*>(product.packed_in) + (chunk * in_strips + i) * product.strip_rows * kIn;
      const int64_t columns = least(kIn, product.k - i * kIn);
      for (int64_t j = block.dout_begin; j < block.dout_end; ++j) {
        const auto* const a = static_cast<const Element*>(product.packed_dout) + (chunk * dout_strips + j) * product.strip_rows * kDout;
        float* const out = product.dweight + j * kDout * product.dweight_stride + i * kIn;
        add_tile<Outer>(a, b, steps, product.scale, out, product.dweight_stride, least(kDout, product.n - j * kDout), columns);
      }
    }
  }
}

template <class F32, class Bf16>
constexpr OuterKernels make_outer_kernels() {
  using Vec = typename F32::Vec;
  OuterKernels kernels{};
  kernels.dout_strip = dout_strip<Vec>();
  kernels.in_strip = in_strip<Vec>();
  kernels.pack = [](const OuterProduct& product, int64_t group) {
    product.bf16 ? pack_group<Bf16>(product, group) : pack_group<F32>(product, group);
  };
  kernels.multiply = [](const OuterProduct& product, const OuterBlock& block) {
    product.bf16 ? multiply_outer<Bf16>(product, block) : multiply_outer<F32>(product, block);
  };
  return kernels;
}

}  // namespace
}  // namespace dllm
#endif
