// The loops of token losses and of the optimiser, in vectors. See vector_math.h for how this is included; besides, the
// including file defines square_root.
#ifndef DLLM_VECTOR_TRAINING_H
#define DLLM_VECTOR_TRAINING_H

#include "training_kernels.h"
#include "vector_math.h"

namespace dllm {
namespace {

constexpr float kLowestExponent = -104.0f;
constexpr float kLowestDifference = -1e30f;
constexpr int64_t kSquareLanes = 16;

// f(i, count) for the vectors of n elements; count < kLanes for the last when it is not whole.
template <class Whole, class Part>
inline void each_vector(int64_t n, Whole whole, Part part) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) whole(i);
  if (i < n) part(i, n - i);
}

LogitScan scan(const float* x, int64_t n) {
  F most = broadcast(x[0]);
  I bad = {};
  const auto take = [&](F value) {
    most = larger(value, most);
    bad |= non_finite(value);
  };
  each_vector(
      n, [&](int64_t i) { take(load(x + i)); }, [&](int64_t i, int64_t count) { take(load_part(x + i, count, x[0])); });
  LogitScan result{most[0], bad[0] == 0};
  for (int lane = 1; lane < kLanes; ++lane) {
    result.max = most[lane] > result.max ? most[lane] : result.max;
    result.finite = result.finite && bad[lane] == 0;
  }
  return result;
}

inline F exponent(F x, float shift, float divisor) { return larger((x - shift) / divisor, broadcast(kLowestExponent)); }
inline F difference(F x, float shift) { return larger(x - shift, broadcast(kLowestDifference)); }

ExponentialSums exponential_sums(const float* x, float* e, int64_t n, float shift, float divisor) {
  Sum total;
  Sum weighted;
  const auto take = [&](F value) {
    const F u = exponent(value, shift, divisor);
    const F result = exponential(u);
    total.add(result);
    weighted.add(result * u);
    return result;
  };
  each_vector(
      n, [&](int64_t i) { store(e + i, take(load(x + i))); },
      [&](int64_t i, int64_t count) { store_part(e + i, count, take(load_part(x + i, count, -__builtin_inff()))); });
  return {total.value(), weighted.value()};
}

double expectation(const float* e, const float* x, int64_t n, float shift) {
  Sum total;
  each_vector(
      n, [&](int64_t i) { total.add(load(e + i) * difference(load(x + i), shift)); },
      [&](int64_t i, int64_t count) {
        total.add(load_part(e + i, count, 0.0f) * difference(load_part(x + i, count, shift), shift));
      });
  return total.value();
}

enum class Soft { kNone, kForward, kReverse };

// The vector of gradients whose inputs `read` gives.
template <Soft kSoft, bool kCertainty, class Read>
inline F loss_gradient_at(const LossGradient& task, Read read) {
  const F e = read(task.e);
  F gradient = task.hard * e;
  if constexpr (kSoft == Soft::kForward) gradient += task.soft * read(task.t);
  if constexpr (kSoft == Soft::kReverse) {
    const F d = difference(read(task.x), task.x_max) - difference(read(task.y), task.y_max);
    gradient += e * (task.soft * d + task.soft_shift);
  }
  if constexpr (kCertainty) {
    gradient += read(task.s) * (task.sharp * exponent(read(task.x), task.x_max, task.temperature) + task.sharp_shift);
  }
  return gradient;
}

template <Soft kSoft, bool kCertainty>
void loss_gradient_of(const LossGradient& task, int64_t n) {
  each_vector(
      n,
      [&](int64_t i) {
        store(task.out + i, loss_gradient_at<kSoft, kCertainty>(task, [i](const float* from) { return load(from + i); }));
      },
      [&](int64_t i, int64_t count) {
        const auto read = [i, count](const float* from) { return load_part(from + i, count, 0.0f); };
        store_part(task.out + i, count, loss_gradient_at<kSoft, kCertainty>(task, read));
      });
}

void loss_gradient(const LossGradient& task, int64_t n) {
  const bool certainty = task.s != nullptr;
  if (task.t != nullptr) {
    return certainty ? loss_gradient_of<Soft::kForward, true>(task, n) : loss_gradient_of<Soft::kForward, false>(task, n);
  }
  if (task.y != nullptr) {
    return certainty ? loss_gradient_of<Soft::kReverse, true>(task, n) : loss_gradient_of<Soft::kReverse, false>(task, n);
  }
  return certainty ? loss_gradient_of<Soft::kNone, true>(task, n) : loss_gradient_of<Soft::kNone, false>(task, n);
}

double sum_squares(const float* x, int64_t n) {
  double lanes[kSquareLanes] = {};
  int64_t i = 0;
  for (; i + kSquareLanes <= n; i += kSquareLanes) {
    for (int64_t lane = 0; lane < kSquareLanes; ++lane) {
      lanes[lane] += static_cast<double>(x[i + lane]) * static_cast<double>(x[i + lane]);
    }
  }
  for (int64_t lane = 0; i + lane < n; ++lane) lanes[lane] += static_cast<double>(x[i + lane]) * static_cast<double>(x[i + lane]);
  double total = 0;
  for (const double lane : lanes) total += lane;
  return total;
}

struct AdamwState {
  F param, moment1, moment2;
};

inline AdamwState adamw_at(const AdamwFactors& factors, F grad, const AdamwState& old) {
  const F g = grad * factors.clip;
  const F p = old.param - factors.shrink * old.param;
  const F m = factors.beta1 * old.moment1 + factors.one_minus_beta1 * g;
  const F v = factors.beta2 * old.moment2 + factors.one_minus_beta2 * (g * g);
  return {p - factors.step * m / (square_root(v) / factors.root2 + factors.epsilon), m, v};
}

void adamw(const AdamwFactors& factors, const float* grad, float* param, float* moment1, float* moment2, int64_t n) {
  each_vector(
      n,
      [&](int64_t i) {
        const AdamwState next = adamw_at(factors, load(grad + i), {load(param + i), load(moment1 + i), load(moment2 + i)});
        store(param + i, next.param);
        store(moment1 + i, next.moment1);
        store(moment2 + i, next.moment2);
      },
      [&](int64_t i, int64_t count) {
        const auto read = [i, count](const float* from) { return load_part(from + i, count, 0.0f); };
        const AdamwState next = adamw_at(factors, read(grad), {read(param), read(moment1), read(moment2)});
        store_part(param + i, count, next.param);
        store_part(moment1 + i, count, next.moment1);
        store_part(moment2 + i, count, next.moment2);
      });
}

void lerp(const float* src, float* dst, int64_t n, float t) {
  for (int64_t i = 0; i < n; ++i) dst[i] += t * (src[i] - dst[i]);
}

}  // namespace
}  // namespace dllm
#endif
