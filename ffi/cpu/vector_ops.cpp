#include "vector_ops.h"

namespace dllm {

const VectorOps& vector_ops(Isa) noexcept { return kScalarVectorOps; }

}  // namespace dllm
