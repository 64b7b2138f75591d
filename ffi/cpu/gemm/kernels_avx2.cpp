// AVX2 with FMA.
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernel_block.h"

namespace dllm {
namespace {

struct Avx2 {
  using F = __m256;
  static constexpr int kWidth = 8;
  static constexpr int kAccumulators = 12;
  static constexpr int kPanelsAtOnce = 1;

  static DLLM_INLINE F load(const float* p) { return _mm256_loadu_ps(p); }
  static DLLM_INLINE void store(float* p, F x) { _mm256_storeu_ps(p, x); }
  static DLLM_INLINE F broadcast(const float* p) { return _mm256_broadcast_ss(p); }
  static DLLM_INLINE F splat(float x) { return _mm256_set1_ps(x); }
  static DLLM_INLINE F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  static DLLM_INLINE F add(F a, F b) { return _mm256_add_ps(a, b); }
  static DLLM_INLINE F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  static DLLM_INLINE F div(F a, F b) { return _mm256_div_ps(a, b); }
  static DLLM_INLINE F min(F a, F b) { return _mm256_min_ps(a, b); }
  static DLLM_INLINE F max(F a, F b) { return _mm256_max_ps(a, b); }
  static DLLM_INLINE F negative(F x, F a, F b) { return _mm256_blendv_ps(b, a, x); }
  static DLLM_INLINE F power_of_two(F n) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
  }
  static DLLM_INLINE F even(const void* pairs) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(pairs)), 16));
  }
  static DLLM_INLINE F odd(const void* pairs) {
    const F upper = _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(0xffff0000u)));
    return _mm256_and_ps(_mm256_loadu_ps(static_cast<const float*>(pairs)), upper);
  }
};

}  // namespace

constinit const Kernels kAvx2Kernels = make_kernels<F32Step<Avx2>, WidenStep<Avx2>>();

}  // namespace dllm
#endif
