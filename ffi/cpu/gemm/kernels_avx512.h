// The AVX-512 vector type, for the files compiled with it.
#ifndef DLLM_GEMM_KERNELS_AVX512_H
#define DLLM_GEMM_KERNELS_AVX512_H

#include <immintrin.h>

#include "kernel_block.h"

namespace dllm {
namespace {

struct Avx512 {
  using F = __m512;
  static constexpr int kWidth = 16;
  static constexpr int kAccumulators = 24;
  static constexpr int kPanelsAtOnce = 2;

  static DLLM_INLINE F load(const float* p) { return _mm512_loadu_ps(p); }
  static DLLM_INLINE void store(float* p, F x) { _mm512_storeu_ps(p, x); }
  static DLLM_INLINE F broadcast(const float* p) { return _mm512_set1_ps(*p); }
  static DLLM_INLINE F splat(float x) { return _mm512_set1_ps(x); }
  static DLLM_INLINE F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static DLLM_INLINE F add(F a, F b) { return _mm512_add_ps(a, b); }
  static DLLM_INLINE F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static DLLM_INLINE F div(F a, F b) { return _mm512_div_ps(a, b); }
  static DLLM_INLINE F min(F a, F b) { return _mm512_min_ps(a, b); }
  static DLLM_INLINE F max(F a, F b) { return _mm512_max_ps(a, b); }
  static DLLM_INLINE F negative(F x, F a, F b) { return _mm512_mask_blend_ps(_mm512_movepi32_mask(_mm512_castps_si512(x)), b, a); }
  static DLLM_INLINE F power_of_two(F n) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23));
  }
  static DLLM_INLINE F even(const void* pairs) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(pairs), 16)); }
  static DLLM_INLINE F odd(const void* pairs) {
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_loadu_si512(pairs), _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
  }
};

}  // namespace
}  // namespace dllm
#endif
