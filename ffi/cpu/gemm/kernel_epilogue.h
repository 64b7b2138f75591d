// What happens to finished sums: bias, residual, SwiGLU, over any vector type (see kernel_steps.h).
#ifndef DLLM_GEMM_KERNEL_EPILOGUE_H
#define DLLM_GEMM_KERNEL_EPILOGUE_H

#include "kernel_steps.h"
#include "kernels.h"

namespace dllm {
namespace {

// e^x for x <= 0: x = n ln 2 + r with |r| <= ln 2 / 2, a Taylor polynomial of degree 7 in r (truncation 2^-27.5), and
// scaling in two steps so that subnormal results come out too.
template <class Vec>
DLLM_INLINE typename Vec::F exp_non_positive(typename Vec::F x) {
  using F = typename Vec::F;
  constexpr float kTaylor[] = {1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f};
  const F rounder = Vec::splat(12582912.0f);  // 1.5 * 2^23: adding it leaves no fraction bits
  const F minus_rounder = Vec::splat(-12582912.0f);
  const F held = Vec::max(x, Vec::splat(-104.0f));
  const F n = Vec::add(Vec::fma(held, Vec::splat(1.44269504f), rounder), minus_rounder);
  // ln 2 in two parts; the first has 9 bits, so that n times it is exact.
  F r = Vec::fma(n, Vec::splat(-0.693359375f), held);
  r = Vec::fma(n, Vec::splat(2.12194440e-4f), r);
  F sum = Vec::splat(kTaylor[0]);
  DLLM_UNROLL
  for (int i = 1; i < 8; ++i) sum = Vec::fma(sum, r, Vec::splat(kTaylor[i]));
  const F first = Vec::max(n, Vec::splat(-126.0f));
  const F second = Vec::add(n, Vec::mul(first, Vec::splat(-1.0f)));
  return Vec::mul(Vec::mul(sum, Vec::power_of_two(first)), Vec::power_of_two(second));
}

// x / (1 + e^-x), computed from e^-|x| so that nothing overflows.
template <class Vec>
DLLM_INLINE typename Vec::F silu(typename Vec::F x) {
  using F = typename Vec::F;
  const F one = Vec::splat(1.0f);
  const F small = exp_non_positive<Vec>(Vec::min(x, Vec::mul(x, Vec::splat(-1.0f))));
  return Vec::div(Vec::mul(x, Vec::negative(x, small, one)), Vec::add(one, small));
}

DLLM_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

DLLM_INLINE void copy(const float* from, int64_t count, float* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = from[i];
}

// Sixteen sums of one row; `up` is the row's up projection for SwiGLU. Bias and residual are at the same columns.
template <class Vec>
DLLM_INLINE void finish_row(const float* sums, const float* up, const float* bias, const float* residual, float* out) {
  DLLM_UNROLL
  for (int i = 0; i < kPanel; i += Vec::kWidth) {
    typename Vec::F value = Vec::load(sums + i);
    if (up != nullptr) value = Vec::mul(silu<Vec>(value), Vec::load(up + i));
    if (bias != nullptr) value = Vec::add(value, Vec::load(bias + i));
    if (residual != nullptr) value = Vec::add(value, Vec::load(residual + i));
    Vec::store(out + i, value);
  }
}

// Rows [row_begin, row_end) of the panel at `sums` to the output columns from `column` on. A panel that sticks out of
// the output goes through full-width copies, so that its elements see the same instructions.
template <class Vec>
void finish_panel(const Product& product, int64_t row_begin, int64_t row_end, int64_t column, const float* sums, const float* up) {
  const int64_t columns = least(kPanel, product.out_cols - column);
  if (columns <= 0) return;
  const bool whole = columns == kPanel;
  const float* bias = product.bias == nullptr ? nullptr : product.bias + column;
  alignas(64) float bias_copy[kPanel] = {}, residual_copy[kPanel] = {}, out_copy[kPanel];
  if (bias != nullptr && !whole) {
    copy(bias, columns, bias_copy);
    bias = bias_copy;
  }
  for (int64_t row = row_begin; row < row_end; ++row) {
    const float* residual = product.residual == nullptr ? nullptr : product.residual + row * product.residual_stride + column;
    float* out = product.out + row * product.out_stride + column;
    if (whole) {
      finish_row<Vec>(sums, up, bias, residual, out);
    } else {
      if (residual != nullptr) copy(residual, columns, residual_copy);
      finish_row<Vec>(sums, up, bias, residual == nullptr ? nullptr : residual_copy, out_copy);
      copy(out_copy, columns, out);
    }
    sums += kPanel;
    if (up != nullptr) up += kPanel;
  }
}

}  // namespace
}  // namespace dllm
#endif
