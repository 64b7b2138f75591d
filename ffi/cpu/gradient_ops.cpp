#include "gradient_ops.h"

namespace dllm {

const GradientOps& gradient_ops(Isa isa) noexcept {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::kAvx2:
      return kAvx2GradientOps;
    case Isa::kAvx512:
    case Isa::kAvx512Bf16:
      return kAvx512GradientOps;
#elif defined(__aarch64__)
    case Isa::kNeon:
      return kNeonGradientOps;
#endif
    default:
      return kScalarGradientOps;
  }
}

}  // namespace dllm
