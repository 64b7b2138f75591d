#if defined(__aarch64__)
#include "lanes_neon.h"

namespace dllm {
namespace {

inline F square_root(F a) { return vsqrtq_f32(a); }

}  // namespace
}  // namespace dllm

#include "vector_training.h"

namespace dllm {

const TrainingKernels kNeonTrainingKernels = {scan, exponential_sums, expectation, loss_gradient, sum_squares, adamw, lerp};

}  // namespace dllm
#endif
