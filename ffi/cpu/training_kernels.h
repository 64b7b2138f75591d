// The loops of token losses and of the optimiser, one set per instruction set. Each training_kernels_*.cpp is compiled for
// its own, so this header holds no inline function.
#ifndef DLLM_TRAINING_KERNELS_H
#define DLLM_TRAINING_KERNELS_H

#include <cstdint>

#include "gemm/isa.h"

namespace dllm {

struct LogitScan {
  float max;
  bool finite;  // all of them
};

// Differences of logits are taken as at least -1e30, exponents u[i] = (x[i] - shift) / divisor as at least -104, whose
// exponential e[i] = exp(u[i]) is 0 in f32: so products with 0 stay 0.
struct ExponentialSums {
  double total;     // sum of e[i]
  double weighted;  // sum of e[i] * u[i]
};

// The gradient of one row: out[i] is the sum of the parts whose pointers are there.
//   hard * e[i]
//   soft * (forward) t[i]                                                        forward KL
//   e[i] * (soft * d[i] + soft_shift), d[i] = (x[i] - x_max) - (y[i] - y_max)    reverse KL
//   s[i] * (sharp * u[i] + sharp_shift), u[i] as above with x_max, temperature   certainty
struct LossGradient {
  const float* x;  // logits
  float x_max;
  const float* e;  // exp(x - x_max)
  float hard;
  const float* y;  // teacher's logits; reverse KL, else null
  float y_max;
  const float* t;  // exp(y - y_max); forward KL, else null
  float soft, soft_shift;
  const float* s;  // exp(u); certainty, else null
  float temperature, sharp, sharp_shift;
  float* out;  // may be x
};

// What is the same for all elements of an update; see dllm_adamw.
struct AdamwFactors {
  float clip;    // of the gradient
  float shrink;  // lr * decay
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float step;   // lr / c1
  float root2;  // sqrt(c2)
  float epsilon;
};

// n elements each, at least one. Sums have one fixed order.
struct TrainingKernels {
  LogitScan (*scan)(const float* x, int64_t n);
  ExponentialSums (*exponential_sums)(const float* x, float* e, int64_t n, float shift, float divisor);
  // sum of e[i] * (x[i] - shift).
  double (*expectation)(const float* e, const float* x, int64_t n, float shift);
  void (*loss_gradient)(const LossGradient& task, int64_t n);
  // In f64, in 16 lanes (element i in lane i % 16) that are added from the first to the last; the same bits on every set.
  double (*sum_squares)(const float* x, int64_t n);
  void (*adamw)(const AdamwFactors& factors, const float* grad, float* param, float* moment1, float* moment2, int64_t n);
  // dst += t * (src - dst).
  void (*lerp)(const float* src, float* dst, int64_t n, float t);
};

extern const TrainingKernels kScalarTrainingKernels;
extern const TrainingKernels kAvx2TrainingKernels;    // x86-64
extern const TrainingKernels kAvx512TrainingKernels;  // x86-64
extern const TrainingKernels kNeonTrainingKernels;    // aarch64

// The set for an available instruction set.
const TrainingKernels& training_kernels(Isa isa) noexcept;

}  // namespace dllm
#endif
