// The vectors of AVX2, for the files that are compiled for it. See vector_math.h.
#ifndef DLLM_LANES_AVX2_H
#define DLLM_LANES_AVX2_H

#include <immintrin.h>

namespace dllm {
namespace {

typedef __m256 F;
constexpr int kLanes = 8;
constexpr int kPanelVectors = 2;

inline F broadcast(float a) { return _mm256_set1_ps(a); }
inline F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
inline F larger(F a, F b) { return _mm256_max_ps(a, b); }
inline F smaller(F a, F b) { return _mm256_min_ps(a, b); }

}  // namespace
}  // namespace dllm
#endif
