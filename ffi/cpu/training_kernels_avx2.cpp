#if defined(__x86_64__)
#include <immintrin.h>

namespace dllm {
namespace {

typedef __m256 F;
constexpr int kLanes = 8;

inline F broadcast(float a) { return _mm256_set1_ps(a); }
inline F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
inline F larger(F a, F b) { return _mm256_max_ps(a, b); }
inline F square_root(F a) { return _mm256_sqrt_ps(a); }

}  // namespace
}  // namespace dllm

#include "vector_training.h"

namespace dllm {

const TrainingKernels kAvx2TrainingKernels = {scan, exponential_sums, expectation, loss_gradient, sum_squares, adamw, lerp};

}  // namespace dllm
#endif
