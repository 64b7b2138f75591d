#if defined(__aarch64__)
#include <arm_neon.h>

namespace dllm {
namespace {

typedef float32x4_t F;
constexpr int kLanes = 4;
constexpr int kPanelVectors = 4;

inline F broadcast(float a) { return vdupq_n_f32(a); }
inline F fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
inline F larger(F a, F b) { return vmaxq_f32(a, b); }
inline F smaller(F a, F b) { return vminq_f32(a, b); }

}  // namespace
}  // namespace dllm

#include "vector_activation.h"
#include "vector_attention.h"
#include "vector_vocabulary.h"

namespace dllm {

const VectorOps kNeonVectorOps = {attention_scratch, attention, load_logits, divide, maximum, exponentials,
                                 sum, normalise, negative_entropy, swiglu, swiglu_grad};

}  // namespace dllm
#endif
