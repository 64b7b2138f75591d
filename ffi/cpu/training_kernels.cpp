#include "training_kernels.h"

namespace dllm {

const TrainingKernels& training_kernels(Isa isa) noexcept {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::kAvx2:
      return kAvx2TrainingKernels;
    case Isa::kAvx512:
    case Isa::kAvx512Bf16:
      return kAvx512TrainingKernels;
#elif defined(__aarch64__)
    case Isa::kNeon:
      return kNeonTrainingKernels;
#endif
    default:
      return kScalarTrainingKernels;
  }
}

}  // namespace dllm
