#if defined(__x86_64__)
#include <immintrin.h>

namespace dllm {
namespace {

typedef __m512 F;
constexpr int kLanes = 16;
constexpr int kPanelVectors = 2;

inline F broadcast(float a) { return _mm512_set1_ps(a); }
inline F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
inline F larger(F a, F b) { return _mm512_max_ps(a, b); }
inline F smaller(F a, F b) { return _mm512_min_ps(a, b); }

}  // namespace
}  // namespace dllm

#include "vector_activation.h"
#include "vector_attention.h"
#include "vector_vocabulary.h"

namespace dllm {

const VectorOps kAvx512VectorOps = {attention_scratch, attention, load_logits, divide, maximum, exponentials,
                                 sum, normalise, negative_entropy, swiglu, swiglu_grad};

}  // namespace dllm
#endif
