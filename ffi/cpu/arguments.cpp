#include "arguments.h"

namespace dllm {
namespace {

using ull = unsigned long long;

}  // namespace

void invalid(const std::string& text) { throw Failure(DLLM_INVALID_ARGUMENT, text); }

void want_pointer(const char* name, const void* pointer) {
  if (pointer == nullptr) invalid(format("%s is null, wanted a pointer", name));
}

void want_span(const char* name, const void* pointer, uint64_t bytes) {
  if (bytes != 0 && pointer == nullptr) invalid(format("%s is null and its size is %llu, wanted a pointer", name, static_cast<ull>(bytes)));
}

void want_range(const char* name, uint64_t given, uint64_t least, uint64_t most) {
  if (given >= least && given <= most) return;
  invalid(format("%s is %llu, wanted %llu to %llu", name, static_cast<ull>(given), static_cast<ull>(least), static_cast<ull>(most)));
}

void want_weight_dtype(uint32_t dtype) {
  if (dtype == DLLM_F32 || dtype == DLLM_BF16) return;
  invalid(format("dtype is %u, wanted DLLM_F32 (%d) or DLLM_BF16 (%d)", dtype, DLLM_F32, DLLM_BF16));
}

void put_info(char* out, uint64_t out_cap, const std::string& text) {
  want_pointer("out", out);
  if (text.size() >= out_cap) invalid(format("out_cap is %llu, wanted at least %zu", static_cast<ull>(out_cap), text.size() + 1));
  put_text(out, out_cap, text.c_str());
}

unsigned char* span_of(const Buffer& buffer, uint64_t offset, uint64_t bytes) {
  const uint64_t size = buffer.memory.bytes();
  if (offset > size || bytes > size - offset) {
    invalid(format("offset %llu and %llu bytes are given, wanted within the buffer's %llu bytes", static_cast<ull>(offset),
                   static_cast<ull>(bytes), static_cast<ull>(size)));
  }
  return buffer.memory.data() + offset;
}

void check_weight_rows(const PackedWeight& matrix, const WeightRows& rows) {
  const uint64_t n = static_cast<uint64_t>(matrix.n());
  want_range("row_count", rows.count, 1, n);
  want_range("row_begin", rows.begin, 0, n - 1);
  want_range("group", rows.group, 1, rows.count);
  if (rows.group < rows.count) want_range("group_stride", rows.group_stride, rows.group, n);
  const uint64_t last = rows.begin + (rows.count - 1) / rows.group * rows.group_stride + (rows.count - 1) % rows.group;
  if (last >= n) {
    invalid(format("row_begin, row_count, group and group_stride reach row %llu, wanted below the weight's %llu rows",
                   static_cast<ull>(last), static_cast<ull>(n)));
  }
}

void check_weight_source(const PackedWeight& matrix, uint64_t row_count, uint32_t src_dtype, const void* src, uint64_t src_bytes) {
  if (src_dtype != DLLM_F32 && src_dtype != DLLM_BF16 && src_dtype != DLLM_F16) {
    invalid(format("src_dtype is %u, wanted DLLM_F32, DLLM_BF16 or DLLM_F16", src_dtype));
  }
  const uint64_t wanted = row_count * static_cast<uint64_t>(matrix.k()) * (src_dtype == DLLM_F32 ? 4 : 2);
  if (src_bytes != wanted) {
    invalid(format("src_bytes is %llu, wanted %llu (row_count rows of %lld elements)", static_cast<ull>(src_bytes),
                   static_cast<ull>(wanted), static_cast<long long>(matrix.k())));
  }
  want_pointer("src", src);
}

}  // namespace dllm
