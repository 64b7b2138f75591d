#if defined(__aarch64__)
#include "lanes_neon.h"

#include "vector_attention_grad.h"
#include "vector_norm_grad.h"

namespace dllm {

const GradientOps kNeonGradientOps = {attention_grad_scratch, attention_grad, rms_norm_grad};

}  // namespace dllm
#endif
