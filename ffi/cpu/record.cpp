#include "record.h"

#include <algorithm>
#include <cmath>

namespace dllm {
namespace {

using ull = unsigned long long;
using wide = unsigned __int128;

// Bytes from the first to behind the last one of some rows (in bytes).
wide extent(const Rows& rows) {
  if (rows.rows == 0) return 0;
  return wide{rows.rows - 1} * rows.stride + rows.width;
}

template <class T>
void keep(std::vector<std::pair<uint64_t, std::shared_ptr<T>>>& list, uint64_t handle, const std::shared_ptr<T>& object) {
  const auto same = [&](const auto& entry) { return entry.first == handle; };
  if (std::none_of(list.begin(), list.end(), same)) list.emplace_back(handle, object);
}

}  // namespace

void Site::fail(dllm_status status, const std::string& text) const {
  throw Failure(status, format("record %u (%s): ", index, op) + text);
}

void Site::refuse(const char* field, int64_t given, const std::string& wanted) const {
  fail(DLLM_BAD_COMMAND, format("%s is %lld, wanted ", field, static_cast<long long>(given)) + wanted);
}

void Site::want_finite(const char* field, float given) const {
  if (std::isfinite(given)) return;
  fail(DLLM_BAD_COMMAND, format("%s is %g, wanted a finite number", field, static_cast<double>(given)));
}

void Site::want_not_negative(const char* field, float given) const {
  if (std::isfinite(given) && given >= 0) return;
  fail(DLLM_BAD_COMMAND, format("%s is %g, wanted a finite number of at least 0", field, static_cast<double>(given)));
}

uint32_t Site::count(const Words& words, const char* field, uint32_t at, uint32_t most) const {
  const uint32_t value = words[at];
  if (value > most) {
    fail(DLLM_BAD_COMMAND, format("word[%u] (%s) is %u, wanted at most %u; record larger maximum sizes or pass fewer", at, field,
                                  value, most));
  }
  return value;
}

const std::shared_ptr<Buffer>& Record::buffer(const char* field, uint64_t handle) {
  if (!device_.buffers.has(handle)) {
    site_.fail(DLLM_BAD_HANDLE, format("%s names buffer %llu, which is not open on this device; create it first", field,
                                       static_cast<ull>(handle)));
  }
  const std::shared_ptr<Buffer>& found = device_.buffers.get(handle);
  keep(plan_.buffers_, handle, found);
  return found;
}

Group& Record::group(const char* field, uint64_t handle) {
  const std::shared_ptr<Group> found = known_group(handle);
  if (found == nullptr) {
    site_.fail(DLLM_BAD_HANDLE, format("%s is group %llu, which does not exist; create it first", field, static_cast<ull>(handle)));
  }
  if (std::find(plan_.groups_.begin(), plan_.groups_.end(), found) == plan_.groups_.end()) plan_.groups_.push_back(found);
  return *found;
}

PackedWeight& Record::resolve_weight(const char* field, uint64_t handle, bool written) {
  if (!device_.weights.has(handle)) {
    site_.fail(DLLM_BAD_HANDLE, format("%s names weight %llu, which is not open on this device; create it first", field,
                                       static_cast<ull>(handle)));
  }
  const std::shared_ptr<Weight>& found = device_.weights.get(handle);
  keep(plan_.weights_, handle, found);
  weight_accesses_.push_back({field, handle, written});
  return *found->matrix;
}

float* Record::resolve(const char* field, const dllm_ref& ref, Rows rows, bool written) {
  constexpr uint64_t kElement = sizeof(float);
  if (rows.width > rows.stride) {
    site_.fail(DLLM_BAD_COMMAND, format("the row stride of %s is %llu, wanted at least its width of %llu elements", field,
                                        static_cast<ull>(rows.stride), static_cast<ull>(rows.width)));
  }
  // Widths and strides are sums of a few products of two 32-bit fields at most.
  if (rows.stride > UINT64_MAX / kElement) site_.fail(DLLM_BAD_COMMAND, format("the row stride of %s is too large", field));
  return reinterpret_cast<float*>(bytes(field, ref, {rows.rows, rows.width * kElement, rows.stride * kElement}, written));
}

unsigned char* Record::bytes(const char* field, const dllm_ref& ref, Rows rows, bool written) {
  const Buffer& target = *buffer(field, ref.buffer);
  if (ref.offset % 4 != 0) {
    site_.fail(DLLM_BAD_COMMAND, format("%s.offset is %llu, wanted a multiple of 4", field, static_cast<ull>(ref.offset)));
  }
  const uint64_t size = target.memory.bytes();
  if (ref.offset > size || extent(rows) > size - ref.offset) {
    site_.fail(DLLM_BAD_COMMAND,
               format("%s at offset %llu of buffer %llu takes %llu rows of %llu bytes, %llu apart, wanted to fit into %llu bytes",
                      field, static_cast<ull>(ref.offset), static_cast<ull>(ref.buffer), static_cast<ull>(rows.rows),
                      static_cast<ull>(rows.width), static_cast<ull>(rows.stride), static_cast<ull>(size)));
  }
  if (written && ref.buffer == plan_.params_handle_) {
    site_.fail(DLLM_BAD_COMMAND, format("%s is written and lies in the params buffer, wanted another buffer", field));
  }
  regions_.push_back({field, ref.buffer, ref.offset, rows, written});
  return target.memory.data() + ref.offset;
}

void Record::words(const char* field, uint64_t at, uint64_t count) const {
  const uint64_t size = plan_.params_->memory.bytes() / sizeof(uint32_t);
  if (at > size || count > size - at) {
    site_.fail(DLLM_BAD_COMMAND, format("%s is %llu and its table takes up to %llu words, wanted to fit into the params buffer's %llu",
                                        field, static_cast<ull>(at), static_cast<ull>(count), static_cast<ull>(size)));
  }
}

void Record::may_equal(const char* a, const char* b) {
  equal_a_ = a;
  equal_b_ = b;
}

bool Record::overlap(const Region& a, const Region& b) {
  if (a.handle != b.handle || a.rows.rows == 0 || b.rows.rows == 0 || a.rows.width == 0 || b.rows.width == 0) return false;
  const Region& low = a.offset <= b.offset ? a : b;
  const Region& high = a.offset <= b.offset ? b : a;
  const uint64_t apart = high.offset - low.offset;
  if (apart >= extent(low.rows)) return false;
  // Interleaved columns of rows with the same stride.
  if (low.rows.stride != high.rows.stride || low.rows.stride == 0) return true;
  const uint64_t column = apart % low.rows.stride;
  return column < low.rows.width || column + high.rows.width > low.rows.stride;
}

void Record::check_overlaps() const {
  for (size_t i = 0; i < weight_accesses_.size(); ++i) {
    for (size_t j = i + 1; j < weight_accesses_.size(); ++j) {
      const WeightAccess& a = weight_accesses_[i];
      const WeightAccess& b = weight_accesses_[j];
      if (a.handle != b.handle || !(a.written || b.written)) continue;
      site_.fail(DLLM_BAD_COMMAND, format("%s and %s are both weight %llu, wanted another weight where one is written", a.field,
                                          b.field, static_cast<ull>(a.handle)));
    }
  }
  for (size_t i = 0; i < regions_.size(); ++i) {
    for (size_t j = i + 1; j < regions_.size(); ++j) {
      const Region& a = regions_[i];
      const Region& b = regions_[j];
      if (!(a.written || b.written) || !overlap(a, b)) continue;
      const bool pair = (a.field == equal_a_ && b.field == equal_b_) || (a.field == equal_b_ && b.field == equal_a_);
      if (pair && a.offset == b.offset && a.rows.stride == b.rows.stride) continue;
      site_.fail(DLLM_BAD_COMMAND, format("%s and %s overlap in buffer %llu, wanted separate memory%s", a.field, b.field,
                                          static_cast<ull>(a.handle), pair ? " or the same offset and stride" : ""));
    }
  }
}

}  // namespace dllm
