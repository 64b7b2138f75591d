#if defined(__x86_64__)
#include "lanes_avx2.h"

#include "vector_attention_grad.h"
#include "vector_norm_grad.h"

namespace dllm {

const GradientOps kAvx2GradientOps = {attention_grad_scratch, attention_grad, rms_norm_grad};

}  // namespace dllm
#endif
