// Checks of what callers pass to the functions of dllm.h. All of them throw Failure (DLLM_INVALID_ARGUMENT).
#ifndef DLLM_ARGUMENTS_H
#define DLLM_ARGUMENTS_H

#include <cstdint>
#include <string>

#include "device.h"

namespace dllm {

// The largest buffer or weight matrix, and the largest side of a matrix.
constexpr uint64_t kMaxBytes = uint64_t{1} << 40;
constexpr uint64_t kMaxDimension = uint64_t{1} << 31;

[[noreturn]] void invalid(const std::string& text);
void want_pointer(const char* name, const void* pointer);
void want_span(const char* name, const void* pointer, uint64_t bytes);
void want_range(const char* name, uint64_t given, uint64_t least, uint64_t most);
void want_weight_dtype(uint32_t dtype);

// Copies a whole text into a caller's array.
void put_info(char* out, uint64_t out_cap, const std::string& text);

// The part of a buffer that a call reads or writes.
unsigned char* span_of(const Buffer& buffer, uint64_t offset, uint64_t bytes);

// The rows that dllm_weight_write names must exist and be distinct.
struct WeightRows {
  uint64_t begin, count, group, group_stride;
};
void check_weight_rows(const PackedWeight& matrix, const WeightRows& rows);
void check_weight_source(const PackedWeight& matrix, uint64_t row_count, uint32_t src_dtype, const void* src, uint64_t src_bytes);

}  // namespace dllm
#endif
