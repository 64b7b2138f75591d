// Rounding to bfloat16, kept in a float.
#ifndef DLLM_BF16_H
#define DLLM_BF16_H

#include <cstdint>
#include <cstring>

namespace dllm {

// The nearest bfloat16, ties to even. Infinities stay; NaN may become another NaN or infinity and must be kept out.
inline float round_to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace dllm
#endif
