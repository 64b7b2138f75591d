#if defined(__x86_64__)
#include "lanes_avx2.h"

namespace dllm {
namespace {

inline F square_root(F a) { return _mm256_sqrt_ps(a); }

}  // namespace
}  // namespace dllm

#include "vector_training.h"

namespace dllm {

const TrainingKernels kAvx2TrainingKernels = {scan, exponential_sums, expectation, loss_gradient, sum_squares, adamw, lerp};

}  // namespace dllm
#endif
