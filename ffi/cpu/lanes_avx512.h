// The vectors of AVX-512, for the files that are compiled for it. See vector_math.h.
#ifndef DLLM_LANES_AVX512_H
#define DLLM_LANES_AVX512_H

#include <immintrin.h>

namespace dllm {
namespace {

typedef __m512 F;
constexpr int kLanes = 16;
constexpr int kPanelVectors = 2;

inline F broadcast(float a) { return _mm512_set1_ps(a); }
inline F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
inline F larger(F a, F b) { return _mm512_max_ps(a, b); }
inline F smaller(F a, F b) { return _mm512_min_ps(a, b); }

}  // namespace
}  // namespace dllm
#endif
