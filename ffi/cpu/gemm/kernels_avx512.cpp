// AVX-512 without BF16 arithmetic.
#if defined(__x86_64__)

#include "kernels_avx512.h"

namespace dllm {

constinit const Kernels kAvx512Kernels = make_kernels<F32Step<Avx512>, WidenStep<Avx512>>();

}  // namespace dllm
#endif
