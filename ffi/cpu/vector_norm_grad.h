// Backward of RMS norm in vectors. See vector_math.h for how this is included.
#ifndef DLLM_VECTOR_NORM_GRAD_H
#define DLLM_VECTOR_NORM_GRAD_H

#include "gradient_ops.h"
#include "vector_math.h"

namespace dllm {
namespace {

// One row: din is added to, and dgain where it is not null.
inline void norm_grad_row(const RmsNormGradTask& task, const float* in, const float* dout, float* din) {
  const int64_t whole = task.width / kLanes * kLanes;
  const int64_t rest = task.width - whole;
  F squares = {};
  F products = {};
  const auto measure = [&](F x, F gain, F d) {
    squares = fma(x, x, squares);
    products = fma(x * gain, d, products);
  };
  for (int64_t i = 0; i < whole; i += kLanes) measure(load(in + i), load(task.gain + i), load(dout + i));
  if (rest != 0) {
    measure(load_part(in + whole, rest, 0), load_part(task.gain + whole, rest, 0), load_part(dout + whole, rest, 0));
  }
  const float width = static_cast<float>(task.width);
  const float factor = 1.0f / __builtin_sqrtf(lane_sum(squares) / width + task.eps);
  const F pull = broadcast(-(lane_sum(products) * factor * factor * factor / width));
  const F scale = broadcast(factor);
  const auto gradient = [&](F x, F gain, F d, F before) { return fma(x, pull, fma(gain, d * scale, before)); };
  for (int64_t i = 0; i < whole; i += kLanes) {
    const F x = load(in + i);
    const F d = load(dout + i);
    store(din + i, gradient(x, load(task.gain + i), d, load(din + i)));
    if (task.dgain != nullptr) store(task.dgain + i, fma(x, d * scale, load(task.dgain + i)));
  }
  if (rest == 0) return;
  const F x = load_part(in + whole, rest, 0);
  const F d = load_part(dout + whole, rest, 0);
  store_part(din + whole, rest, gradient(x, load_part(task.gain + whole, rest, 0), d, load_part(din + whole, rest, 0)));
  if (task.dgain != nullptr) store_part(task.dgain + whole, rest, fma(x, d * scale, load_part(task.dgain + whole, rest, 0)));
}

void rms_norm_grad(const RmsNormGradTask& task) {
  if (task.dgain != nullptr) {
    for (int64_t i = 0; i < task.width; ++i) task.dgain[i] = 0;
  }
  for (int64_t row = 0; row < task.rows; ++row) {
    norm_grad_row(task, task.in + row * task.in_stride, task.dout + row * task.dout_stride, task.din + row * task.din_stride);
  }
}

}  // namespace
}  // namespace dllm
#endif
