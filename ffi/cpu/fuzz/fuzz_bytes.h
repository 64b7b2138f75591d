// Structs and numbers as the bytes and words of command buffers and parameters.
#ifndef DLLM_FUZZ_BYTES_H
#define DLLM_FUZZ_BYTES_H

#include <cstring>

#include "fuzz_world.h"

namespace fuzz {

template <class T>
Bytes record(uint32_t op, const T& payload) {
  const dllm_record head{op, static_cast<uint32_t>(sizeof head + sizeof payload)};
  Bytes bytes(head.bytes);
  std::memcpy(bytes.data(), &head, sizeof head);
  std::memcpy(bytes.data() + sizeof head, &payload, sizeof payload);
  return bytes;
}

inline uint32_t bits(float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  return word;
}

}  // namespace fuzz
#endif
