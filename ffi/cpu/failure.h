// How the engine refuses: a status of dllm.h with a text for the caller.
#ifndef DLLM_FAILURE_H
#define DLLM_FAILURE_H

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include "dllm.h"

namespace dllm {

// Thrown inside the library and turned into a status at the ABI; never leaves it.
class Failure : public std::exception {
 public:
  Failure(dllm_status status, std::string text) : status_(status), text_(std::move(text)) {}
  dllm_status status() const noexcept { return status_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  dllm_status status_;
  std::string text_;
};

// printf into a string.
__attribute__((format(printf, 1, 2))) std::string format(const char* pattern, ...);

// Copies text into a caller's array, cut to fit and NUL-terminated. out may be null, capacity 0.
void put_text(char* out, uint64_t capacity, const char* text) noexcept;

}  // namespace dllm
#endif
