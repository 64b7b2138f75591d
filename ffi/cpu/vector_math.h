// Vectors of kLanes floats and what the kernels compute with them. Included by the vector_ops_*.cpp of the vector
// instruction sets, which first define kLanes, kPanelVectors, F, broadcast, fma, larger and smaller; everything here has internal linkage.
#ifndef DLLM_VECTOR_MATH_H
#define DLLM_VECTOR_MATH_H

#include <cstdint>

namespace dllm {
namespace {

typedef int32_t I __attribute__((vector_size(kLanes * 4)));
typedef uint32_t U __attribute__((vector_size(kLanes * 4)));

inline F load(const float* from) {
  F value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

inline void store(float* to, F value) { __builtin_memcpy(to, &value, sizeof value); }

// The first `count` < kLanes floats, and `fill` in the other lanes.
inline F load_part(const float* from, int64_t count, float fill) {
  F value = broadcast(fill);
  for (int64_t lane = 0; lane < count; ++lane) value[lane] = from[lane];
  return value;
}

inline void store_part(float* to, int64_t count, F value) {
  for (int64_t lane = 0; lane < count; ++lane) to[lane] = value[lane];
}

// The nearest bfloat16 of each lane, ties to even; not for NaN.
inline F to_bf16(F value) {
  const U bits = (U)value;
  return (F)((bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u);
}

// The sum of the lanes, from the first to the last.
inline float lane_sum(F value) {
  float total = 0;
  for (int lane = 0; lane < kLanes; ++lane) total += value[lane];
  return total;
}

// The largest lane.
inline float lane_maximum(F value) {
  float most = value[0];
  for (int lane = 1; lane < kLanes; ++lane) most = value[lane] > most ? value[lane] : most;
  return most;
}

// All ones in the lanes that hold infinity or NaN.
inline I non_finite(F value) { return ((I)value & 0x7f800000) == 0x7f800000; }

// exp(x) for x <= 0 to about one unit in the last place; 0 where the result is below the normal numbers. NaN stays NaN.
inline F exponential(F x) {
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer, held in the low bits
  const F shifted = fma(x, broadcast(1.44269504088896341f), broadcast(kRounder));
  const F n = shifted - kRounder;
  const F r = fma(n, broadcast(2.12194440e-4f), fma(n, broadcast(-0.693359375f), x));
  F y = broadcast(1.9875691500e-4f);
  y = fma(y, r, broadcast(1.3981999507e-3f));
  y = fma(y, r, broadcast(8.3334519073e-3f));
  y = fma(y, r, broadcast(4.1665795894e-2f));
  y = fma(y, r, broadcast(1.6666665459e-1f));
  y = fma(y, r, broadcast(5.0000001201e-1f));
  y = fma(y, r * r, r) + 1.0f;
  const F power = (F)(((U)shifted << 23) + (127u << 23));
  const I tiny = x < -87.3365f;
  return (F)((I)(y * power) & ~tiny);
}

// log(x) for normal x > 0 to about one unit in the last place; some finite number where x is 0 or subnormal.
inline F logarithm(F x) {
  constexpr int32_t kRootHalf = 0x3f3504f3;  // the bits of sqrt(1/2)
  const I shifted = (I)x - kRootHalf;
  const F exponent = __builtin_convertvector(shifted >> 23, F);
  const F m = (F)((shifted & 0x007fffff) + kRootHalf) - 1.0f;
  const F square = m * m;
  F y = broadcast(7.0376836292e-2f);
  y = fma(y, m, broadcast(-1.1514610310e-1f));
  y = fma(y, m, broadcast(1.1676998740e-1f));
  y = fma(y, m, broadcast(-1.2420140846e-1f));
  y = fma(y, m, broadcast(1.4249322787e-1f));
  y = fma(y, m, broadcast(-1.6668057665e-1f));
  y = fma(y, m, broadcast(2.0000714765e-1f));
  y = fma(y, m, broadcast(-2.4999993993e-1f));
  y = fma(y, m, broadcast(3.3333331174e-1f));
  y = y * m * square;
  y = fma(exponent, broadcast(-2.12194440e-4f), y);
  y = fma(square, broadcast(-0.5f), y);
  return fma(exponent, broadcast(0.693359375f), m + y);
}

// A sum in kLanes lanes (element i in lane i % kLanes), each with its rounding error carried along.
struct Sum {
  F total = {};
  F error = {};

  void add(F value) {
    const F corrected = value - error;
    const F next = total + corrected;
    error = (next - total) - corrected;
    total = next;
  }

  double value() const {
    double all = 0;
    for (int lane = 0; lane < kLanes; ++lane) all += static_cast<double>(total[lane]) - static_cast<double>(error[lane]);
    return all;
  }
};

}  // namespace
}  // namespace dllm
#endif
