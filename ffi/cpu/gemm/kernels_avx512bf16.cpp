// AVX-512 with BF16 dot products.
#if defined(__x86_64__)

#include "kernels_avx512.h"

namespace dllm {
namespace {

// BF16 weights and activations: one instruction adds two products to each sum.
struct DotStep {
  using Vec = Avx512;
  using Element = uint16_t;
  static constexpr int kGroupBytes = kGroup * kPanel * 2;
  static constexpr int kOperations = 4;

  static DLLM_INLINE void pack(const float* in, Element* out) {
    using Halves = uint16_t __attribute__((vector_size(kGroup * 2)));
    Words rounded;
    round_to_bf16(in, rounded);
    const Halves halves = __builtin_convertvector(rounded >> 16, Halves);
    __builtin_memcpy(out, &halves, sizeof halves);
  }

  template <int R, int P>
  static DLLM_INLINE void run(const Element* a, const unsigned char* b, size_t stride, Sums<Vec, R, P>& sums) {
    DLLM_UNROLL
    for (int i = 0; i < kGroup; i += 2) {
      __m512bh w[P];
      DLLM_UNROLL
      for (int j = 0; j < P; ++j) w[j] = (__m512bh)_mm512_loadu_si512(b + j * stride + i * kPanel * 2);
      DLLM_UNROLL
      for (int r = 0; r < R; ++r) {
        int pair;
        __builtin_memcpy(&pair, a + r * kGroup + i, sizeof pair);
        const auto x = (__m512bh)_mm512_set1_epi32(pair);
        DLLM_UNROLL
        for (int j = 0; j < P; ++j) sums.at[r][j] = _mm512_dpbf16_ps(sums.at[r][j], x, w[j]);
      }
    }
  }

  static DLLM_INLINE Vec::F spin(Vec::F x, Vec::F sum) { return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)x); }
};

struct DotOuter : PairOuter<Avx512> {
  static DLLM_INLINE Vec::F add_pairs(Vec::F sum, uint32_t a, const Element* b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32(static_cast<int>(a)), (__m512bh)_mm512_loadu_si512(b));
  }
};

}  // namespace

constinit const Kernels kAvx512Bf16Kernels = make_kernels<F32Step<Avx512>, DotStep, DotOuter>();

}  // namespace dllm
#endif
