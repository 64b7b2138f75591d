// The passes over a row of the vocabulary, in vectors. See vector_math.h for how this is included.
#ifndef DLLM_VECTOR_VOCABULARY_H
#define DLLM_VECTOR_VOCABULARY_H

#include "vector_math.h"
#include "vector_ops.h"

namespace dllm {
namespace {

// out = f(in), n elements; the lanes behind the last element are `fill` going in and are dropped coming out.
template <class Function>
inline void transform(const float* in, float* out, int64_t n, float fill, Function f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(out + i, f(load(in + i)));
  if (i < n) store_part(out + i, n - i, f(load_part(in + i, n - i, fill)));
}

// f(in), n elements, with `fill` in the lanes behind the last.
template <class Function>
inline void visit(const float* in, int64_t n, float fill, Function f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) f(load(in + i));
  if (i < n) f(load_part(in + i, n - i, fill));
}

bool load_logits(const float* in, float* out, int64_t n, bool bf16) {
  I bad = {};
  transform(in, out, n, 0.0f, [&](F x) {
    const F y = bf16 ? to_bf16(x) : x;
    bad |= non_finite(x) | non_finite(y);
    return y;
  });
  for (int lane = 0; lane < kLanes; ++lane) {
    if (bad[lane] != 0) return false;
  }
  return true;
}

void divide(float* x, int64_t n, float divisor, bool bf16) {
  transform(x, x, n, 0.0f, [=](F value) {
    const F quotient = value / divisor;
    return bf16 ? to_bf16(quotient) : quotient;
  });
}

float maximum(const float* x, int64_t n) {
  F most = broadcast(-__builtin_inff());
  visit(x, n, -__builtin_inff(), [&](F value) { most = larger(value, most); });
  float result = most[0];
  for (int lane = 1; lane < kLanes; ++lane) result = most[lane] > result ? most[lane] : result;
  return result;
}

double exponentials(const float* x, float* e, int64_t n, float shift) {
  Sum total;
  transform(x, e, n, -__builtin_inff(), [&](F value) {
    const F result = exponential(value - shift);
    total.add(result);
    return result;
  });
  return total.value();
}

double sum(const float* x, int64_t n) {
  Sum total;
  visit(x, n, 0.0f, [&](F value) { total.add(value); });
  return total.value();
}

TopTwo normalise(float* p, int64_t n, float total, bool bf16) {
  F first = {};
  F second = {};
  transform(p, p, n, 0.0f, [&](F e) {
    const F quotient = e / total;
    const F value = bf16 ? to_bf16(quotient) : quotient;
    second = larger(second, smaller(first, value));
    first = larger(first, value);
    return value;
  });
  TopTwo top{0, 0};
  const auto take = [&](float value) {
    const float lower = value > top.first ? top.first : value;
    top.first = value > top.first ? value : top.first;
    top.second = lower > top.second ? lower : top.second;
  };
  for (int lane = 0; lane < kLanes; ++lane) {
    take(first[lane]);
    take(second[lane]);
  }
  return top;
}

double negative_entropy(const float* p, int64_t n, float epsilon) {
  Sum total;
  visit(p, n, 0.0f, [&](F value) { total.add(value * logarithm(value + epsilon)); });
  return total.value();
}

}  // namespace
}  // namespace dllm
#endif
