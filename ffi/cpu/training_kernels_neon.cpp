#if defined(__aarch64__)
#include <arm_neon.h>

namespace dllm {
namespace {

typedef float32x4_t F;
constexpr int kLanes = 4;

inline F broadcast(float a) { return vdupq_n_f32(a); }
inline F fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
inline F larger(F a, F b) { return vmaxq_f32(a, b); }
inline F square_root(F a) { return vsqrtq_f32(a); }

}  // namespace
}  // namespace dllm

#include "vector_training.h"

namespace dllm {

const TrainingKernels kNeonTrainingKernels = {scan, exponential_sums, expectation, loss_gradient, sum_squares, adamw, lerp};

}  // namespace dllm
#endif
