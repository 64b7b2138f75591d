// Entropy terms of bfloat16 probabilities.
#ifndef DLLM_ENTROPY_TABLE_H
#define DLLM_ENTROPY_TABLE_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "bf16.h"

namespace dllm {

// bf16(p * bf16(log(bf16(p + epsilon)))) for every bfloat16 p in [0, 1], as a reference in bfloat16 rounds it
// (operations in f32, each result rounded). Kept for one epsilon.
class EntropyTable {
 public:
  // Allocates on first use.
  void prepare(float epsilon) {
    if (!terms_.empty() && epsilon == epsilon_) return;
    terms_.resize(kOne + 1);
    for (uint32_t i = 0; i <= kOne; ++i) {
      const uint32_t bits = i << 16;
      float p;
      std::memcpy(&p, &bits, sizeof p);
      terms_[i] = term(p, epsilon);
    }
    epsilon_ = epsilon;
  }

  // The term of p, a bfloat16 in [0, 1]; without a look-up where the table is for another epsilon.
  float operator()(float p, float epsilon) const noexcept {
    if (epsilon != epsilon_ || terms_.empty()) return term(p, epsilon);
    uint32_t bits;
    std::memcpy(&bits, &p, sizeof bits);
    return terms_[bits >> 16];
  }

 private:
  static constexpr uint32_t kOne = 0x3f80;

  static float term(float p, float epsilon) noexcept {
    if (p == 0) return 0;
    const double shifted = static_cast<double>(round_to_bf16(p + epsilon));
    return round_to_bf16(p * round_to_bf16(static_cast<float>(std::log(shifted))));
  }

  float epsilon_ = 0;
  std::vector<float> terms_;
};

}  // namespace dllm
#endif
