#if defined(__x86_64__)
#include "lanes_avx2.h"

#include "vector_activation.h"
#include "vector_attention.h"
#include "vector_vocabulary.h"

namespace dllm {

const VectorOps kAvx2VectorOps = {attention_scratch, attention, load_logits, divide, maximum, exponentials,
                                 sum, normalise, negative_entropy, swiglu, swiglu_grad};

}  // namespace dllm
#endif
