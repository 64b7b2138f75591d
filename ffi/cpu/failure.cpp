#include "failure.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace dllm {

std::string format(const char* pattern, ...) {
  char text[512];
  va_list values;
  va_start(values, pattern);
  std::vsnprintf(text, sizeof text, pattern, values);
  va_end(values);
  return text;
}

void put_text(char* out, uint64_t capacity, const char* text) noexcept {
  if (out == nullptr || capacity == 0) return;
  const uint64_t length = std::min<uint64_t>(std::strlen(text), capacity - 1);
  std::memcpy(out, text, length);
  out[length] = '\0';
}

}  // namespace dllm
