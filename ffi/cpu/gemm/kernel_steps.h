// The innermost multiply-adds, over any vector type. Everything here has internal linkage: each instruction set compiles
// its own copy.
//
// A Vec has: F, a vector of kWidth floats; kAccumulators, the registers to use for sums; kPanelsAtOnce, the panels of its
// highest tile; load, store, broadcast, splat, fma(a, b, c) = a * b + c, add, mul, div, min, max; negative(x, a, b) =
// x < 0 ? a : b per lane; power_of_two of an integer-valued vector; even and odd, which widen the BF16 pairs at an address.
#ifndef DLLM_GEMM_KERNEL_STEPS_H
#define DLLM_GEMM_KERNEL_STEPS_H

#include <cstddef>
#include <cstdint>

#define DLLM_INLINE inline __attribute__((always_inline))
#define DLLM_LAMBDA_INLINE __attribute__((always_inline))
#define DLLM_UNROLL _Pragma("GCC unroll 64")

namespace dllm {
namespace {

constexpr int kPanel = 16;  // columns of a weight panel
constexpr int kGroup = 8;   // steps of k in a group of packed activations

// The registers of one tile: R rows by P panels of sums.
template <class Vec, int R, int P>
struct Sums {
  static constexpr int kVectors = kPanel / Vec::kWidth;
  static constexpr int kColumns = P * kVectors;
  typename Vec::F at[R][kColumns];

  DLLM_INLINE void clear() {
    DLLM_UNROLL
    for (int r = 0; r < R; ++r) {
      DLLM_UNROLL
      for (int j = 0; j < kColumns; ++j) at[r][j] = Vec::splat(0.0f);
    }
  }

  // Rows are kPanel floats apart, panels `stride` floats.
  DLLM_INLINE void load(const float* from, int64_t stride) {
    DLLM_UNROLL
    for (int r = 0; r < R; ++r) {
      DLLM_UNROLL
      for (int j = 0; j < kColumns; ++j) at[r][j] = Vec::load(from + j / kVectors * stride + r * kPanel + j % kVectors * Vec::kWidth);
    }
  }

  DLLM_INLINE void store(float* to, int64_t stride) const {
    DLLM_UNROLL
    for (int r = 0; r < R; ++r) {
      DLLM_UNROLL
      for (int j = 0; j < kColumns; ++j) Vec::store(to + j / kVectors * stride + r * kPanel + j % kVectors * Vec::kWidth, at[r][j]);
    }
  }

  // Adds x[r] * weight(j) for the activation column at `a`, keeping the smaller of the two sets in registers.
  template <class Weight>
  DLLM_INLINE void add_product(const float* a, Weight weight) {
    using F = typename Vec::F;
    if constexpr (R < kColumns) {
      F x[R];
      DLLM_UNROLL
      for (int r = 0; r < R; ++r) x[r] = Vec::broadcast(a + r * kGroup);
      DLLM_UNROLL
      for (int j = 0; j < kColumns; ++j) {
        const F w = weight(j);
        DLLM_UNROLL
        for (int r = 0; r < R; ++r) at[r][j] = Vec::fma(x[r], w, at[r][j]);
      }
    } else {
      F w[kColumns];
      DLLM_UNROLL
      for (int j = 0; j < kColumns; ++j) w[j] = weight(j);
      DLLM_UNROLL
      for (int r = 0; r < R; ++r) {
        const F x = Vec::broadcast(a + r * kGroup);
        DLLM_UNROLL
        for (int j = 0; j < kColumns; ++j) at[r][j] = Vec::fma(x, w[j], at[r][j]);
      }
    }
  }
};

// F32 weights.
template <class V>
struct F32Step {
  using Vec = V;
  using Element = float;  // of packed activations
  static constexpr int kGroupBytes = kGroup * kPanel * 4;
  static constexpr int kOperations = 2;

  static DLLM_INLINE void pack(const float* in, Element* out) { __builtin_memcpy(out, in, kGroup * sizeof *out); }

  // One group of k: `a` is [R][8], `b` the first panel's [8][16]; panels are `stride` bytes apart.
  template <int R, int P>
  static DLLM_INLINE void run(const Element* a, const unsigned char* b, size_t stride, Sums<Vec, R, P>& sums) {
    constexpr int kVectors = kPanel / Vec::kWidth;
    DLLM_UNROLL
    for (int i = 0; i < kGroup; ++i) {
      sums.add_product(a + i, [=](int j) DLLM_LAMBDA_INLINE {
        return Vec::load(reinterpret_cast<const float*>(b + j / kVectors * stride) + i * kPanel + j % kVectors * Vec::kWidth);
      });
    }
  }

  // The multiply-add alone: kOperations per lane.
  static DLLM_INLINE typename Vec::F spin(typename Vec::F x, typename Vec::F sum) { return Vec::fma(x, x, sum); }
};

using Words = uint32_t __attribute__((vector_size(kGroup * 4)));

// The bits of a group of floats rounded to BF16 (nearest even; NaN stays NaN), in the upper halves.
DLLM_INLINE void round_to_bf16(const float* in, Words& out) {
  Words bits;
  __builtin_memcpy(&bits, in, sizeof bits);
  const Words rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  const Words nan = (Words)((bits & 0x7fffffffu) > 0x7f800000u);
  out = ((nan & (bits | 0x00400000u)) | (~nan & rounded)) & 0xffff0000u;
}

// BF16 weights where there is no BF16 arithmetic: the packed activations are rounded floats, the weights are widened in
// registers, and each product is exact in the f32 multiply-add.
template <class V>
struct WidenStep {
  using Vec = V;
  using Element = float;
  static constexpr int kGroupBytes = kGroup * kPanel * 2;
  static constexpr int kOperations = 2;

  static DLLM_INLINE void pack(const float* in, Element* out) {
    Words rounded;
    round_to_bf16(in, rounded);
    __builtin_memcpy(out, &rounded, sizeof rounded);
  }

  template <int R, int P>
  static DLLM_INLINE void run(const Element* a, const unsigned char* b, size_t stride, Sums<Vec, R, P>& sums) {
    constexpr int kVectors = kPanel / Vec::kWidth;
    DLLM_UNROLL
    for (int i = 0; i < kGroup; i += 2) {
      const auto pairs = [=](int j) DLLM_LAMBDA_INLINE {
        return b + j / kVectors * stride + i * kPanel * 2 + j % kVectors * Vec::kWidth * 4;
      };
      sums.add_product(a + i, [=](int j) DLLM_LAMBDA_INLINE { return Vec::even(pairs(j)); });
      sums.add_product(a + i + 1, [=](int j) DLLM_LAMBDA_INLINE { return Vec::odd(pairs(j)); });
    }
  }

  static DLLM_INLINE typename Vec::F spin(typename Vec::F x, typename Vec::F sum) { return Vec::fma(x, x, sum); }
};

}  // namespace
}  // namespace dllm
#endif
