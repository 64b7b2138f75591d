// The gated activation of a feed-forward layer and its backward pass, for any vectors of vector_math.h.
#ifndef DLLM_VECTOR_ACTIVATION_H
#define DLLM_VECTOR_ACTIVATION_H

#include "vector_math.h"

namespace dllm {
namespace {

// The logistic function of x and of -x, from e^-|x| so that nothing overflows. NaN stays NaN.
inline void logistic(F x, F& of, F& of_minus) {
  const F small = exponential((F)((I)x | INT32_MIN));
  const F larger_one = broadcast(1.0f) / (broadcast(1.0f) + small);
  const F smaller_one = small * larger_one;
  const I negative = x < 0.0f;
  of = (F)((negative & (I)smaller_one) | (~negative & (I)larger_one));
  of_minus = (F)((negative & (I)larger_one) | (~negative & (I)smaller_one));
}

inline F gated(F gate, F up) {
  F logistic_of, of_minus;
  logistic(gate, logistic_of, of_minus);
  return gate * logistic_of * up;
}

void swiglu(const float* gate, const float* up, float* out, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(out + i, gated(load(gate + i), load(up + i)));
  if (i < n) store_part(out + i, n - i, gated(load_part(gate + i, n - i, 0), load_part(up + i, n - i, 0)));
}

inline void gated_grad(F gate, F up, F dout, F& dgate, F& dup) {
  F logistic_of, of_minus;
  logistic(gate, logistic_of, of_minus);
  dup = dout * gate * logistic_of;
  dgate = dout * up * logistic_of * fma(gate, of_minus, broadcast(1.0f));
}

void swiglu_grad(const float* gate, const float* up, const float* dout, float* dgate, float* dup, int64_t n) {
  int64_t i = 0;
  F first, second;
  for (; i + kLanes <= n; i += kLanes) {
    gated_grad(load(gate + i), load(up + i), load(dout + i), first, second);
    store(dgate + i, first);
    store(dup + i, second);
  }
  if (i == n) return;
  gated_grad(load_part(gate + i, n - i, 0), load_part(up + i, n - i, 0), load_part(dout + i, n - i, 0), first, second);
  store_part(dgate + i, n - i, first);
  store_part(dup + i, n - i, second);
}

}  // namespace
}  // namespace dllm
#endif
