// The vectors of NEON, for the files that are compiled for it. See vector_math.h.
#ifndef DLLM_LANES_NEON_H
#define DLLM_LANES_NEON_H

#include <arm_neon.h>

namespace dllm {
namespace {

typedef float32x4_t F;
constexpr int kLanes = 4;
constexpr int kPanelVectors = 4;

inline F broadcast(float a) { return vdupq_n_f32(a); }
inline F fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
inline F larger(F a, F b) { return vmaxq_f32(a, b); }
inline F smaller(F a, F b) { return vminq_f32(a, b); }

}  // namespace
}  // namespace dllm
#endif
