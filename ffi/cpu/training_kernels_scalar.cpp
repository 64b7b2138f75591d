// The plain versions: what the vector ones are checked against.
#include <algorithm>
#include <cmath>

#include "training_kernels.h"

namespace dllm {
namespace {

constexpr float kLowestExponent = -104.0f;
constexpr float kLowestDifference = -1e30f;
constexpr int64_t kSquareLanes = 16;

LogitScan scan(const float* x, int64_t n) {
  const bool finite = std::all_of(x, x + n, [](float value) { return std::isfinite(value); });
  return {*std::max_element(x, x + n), finite};
}

float exponent(float x, float shift, float divisor) { return std::max(kLowestExponent, (x - shift) / divisor); }
float difference(float x, float shift) { return std::max(kLowestDifference, x - shift); }

ExponentialSums exponential_sums(const float* x, float* e, int64_t n, float shift, float divisor) {
  ExponentialSums sums{0, 0};
  for (int64_t i = 0; i < n; ++i) {
    const float u = exponent(x[i], shift, divisor);
    e[i] = std::exp(u);
    sums.total += static_cast<double>(e[i]);
    sums.weighted += static_cast<double>(e[i] * u);
  }
  return sums;
}

double expectation(const float* e, const float* x, int64_t n, float shift) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += static_cast<double>(e[i] * difference(x[i], shift));
  return total;
}

void loss_gradient(const LossGradient& task, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    float gradient = task.hard * task.e[i];
    if (task.t != nullptr) gradient += task.soft * task.t[i];
    if (task.y != nullptr) {
      const float d = difference(task.x[i], task.x_max) - difference(task.y[i], task.y_max);
      gradient += task.e[i] * (task.soft * d + task.soft_shift);
    }
    if (task.s != nullptr) {
      gradient += task.s[i] * (task.sharp * exponent(task.x[i], task.x_max, task.temperature) + task.sharp_shift);
    }
    task.out[i] = gradient;
  }
}

double sum_squares(const float* x, int64_t n) {
  double lanes[kSquareLanes] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i % kSquareLanes] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  double total = 0;
  for (const double lane : lanes) total += lane;
  return total;
}

void adamw(const AdamwFactors& factors, const float* grad, float* param, float* moment1, float* moment2, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float g = grad[i] * factors.clip;
    const float p = param[i] - factors.shrink * param[i];
    const float m = factors.beta1 * moment1[i] + factors.one_minus_beta1 * g;
    const float v = factors.beta2 * moment2[i] + factors.one_minus_beta2 * (g * g);
    param[i] = p - factors.step * m / (std::sqrt(v) / factors.root2 + factors.epsilon);
    moment1[i] = m;
    moment2[i] = v;
  }
}

void lerp(const float* src, float* dst, int64_t n, float t) {
  for (int64_t i = 0; i < n; ++i) dst[i] += t * (src[i] - dst[i]);
}

}  // namespace

const TrainingKernels kScalarTrainingKernels = {scan, exponential_sums, expectation, loss_gradient, sum_squares, adamw, lerp};

}  // namespace dllm
