// The rotation of ROPE_KV and its inverse.
#ifndef DLLM_ROTATION_H
#define DLLM_ROTATION_H

#include <cstdint>
#include <cstring>

namespace dllm {

enum class Turn { kForward, kBack };

// Turns the pairs (d, d + half) of one head by the angles of its position. out may be in.
template <Turn turn>
inline void rotate(const float* in, float* out, const float* cosines, const float* sines, int64_t half) {
  typedef float Four __attribute__((vector_size(16)));
  constexpr int64_t kFour = 4;
  const auto load = [](const float* from) {
    Four value;
    std::memcpy(&value, from, sizeof value);
    return value;
  };
  int64_t d = 0;
  for (; d + kFour <= half; d += kFour) {
    const Four low = load(in + d), high = load(in + half + d), cosine = load(cosines + d), sine = load(sines + d);
    const Four new_low = turn == Turn::kForward ? low * cosine - high * sine : low * cosine + high * sine;
    const Four new_high = turn == Turn::kForward ? high * cosine + low * sine : high * cosine - low * sine;
    std::memcpy(out + d, &new_low, sizeof new_low);
    std::memcpy(out + half + d, &new_high, sizeof new_high);
  }
  for (; d < half; ++d) {
    const float low = in[d];
    const float high = in[d + half];
    const float sine = turn == Turn::kForward ? sines[d] : -sines[d];
    out[d] = low * cosines[d] - high * sine;
    out[d + half] = high * cosines[d] + low * sine;
  }
}

}  // namespace dllm
#endif
