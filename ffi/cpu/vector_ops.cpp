#include "vector_ops.h"

namespace dllm {

const VectorOps& vector_ops(Isa isa) noexcept {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::kAvx2:
      return kAvx2VectorOps;
    case Isa::kAvx512:
    case Isa::kAvx512Bf16:
      return kAvx512VectorOps;
#elif defined(__aarch64__)
    case Isa::kNeon:
      return kNeonVectorOps;
#endif
    default:
      return kScalarVectorOps;
  }
}

}  // namespace dllm
