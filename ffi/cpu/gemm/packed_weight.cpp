#include "packed_weight.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "dllm.h"

namespace dllm {
namespace {

constexpr std::align_val_t kAlignment{64};
constexpr uint32_t kExponent = 0x7f800000u;

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Nearest even; of a finite value (may give infinity).
uint16_t bf16_of(float value) {
  const uint32_t bits = bits_of(value);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

float float_of_f16(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7fffu;
  if (magnitude >= 0x7c00u) return float_of(sign | kExponent | (magnitude & 0x3ffu) << 13);
  // Moving the exponent field by a multiplication with 2^112 also normalises the subnormal values.
  return float_of(sign | bits_of(float_of(magnitude << 13) * float_of((127u + 112u) << 23)));
}

template <class T>
T load(const unsigned char* src, int64_t index) {
  T value;
  std::memcpy(&value, src + static_cast<size_t>(index) * sizeof(T), sizeof value);
  return value;
}

void widen(uint32_t dtype, const unsigned char* src, int64_t count, float* out) {
  if (dtype == DLLM_F32) {
    std::memcpy(out, src, static_cast<size_t>(count) * sizeof(float));
  } else if (dtype == DLLM_BF16) {
    for (int64_t i = 0; i < count; ++i) out[i] = float_of(static_cast<uint32_t>(load<uint16_t>(src, i)) << 16);
  } else {
    for (int64_t i = 0; i < count; ++i) out[i] = float_of_f16(load<uint16_t>(src, i));
  }
}

// The index of the first value that is not finite as an element of `dtype`, or count.
int64_t first_non_finite(uint32_t dtype, const float* values, int64_t count) {
  const uint32_t round = dtype == DLLM_BF16 ? 0x7fffu : 0u;
  const auto bad = [round](float value) {
    const uint32_t bits = bits_of(value) & 0x7fffffffu;
    return bits + (round != 0 ? round + ((bits >> 16) & 1u) : 0u) >= kExponent;
  };
  bool any = false;
  for (int64_t i = 0; i < count; ++i) any |= bad(values[i]);
  return any ? std::find_if(values, values + count, bad) - values : count;
}

}  // namespace

PackedWeight::PackedWeight(uint32_t dtype, int64_t n, int64_t k) : dtype_(dtype), n_(n), k_(k) {
  constexpr int64_t kLimit = int64_t{1} << 31;
  if (n > kLimit || k > kLimit || bytes() / panel_bytes() != static_cast<size_t>(panels())) throw std::bad_alloc();
  data_ = ::operator new(bytes(), kAlignment);
  std::memset(data_, 0, bytes());
}

PackedWeight::PackedWeight(PackedWeight&& other) noexcept
    : dtype_(other.dtype_), n_(other.n_), k_(other.k_), data_(std::exchange(other.data_, nullptr)) {}

PackedWeight& PackedWeight::operator=(PackedWeight&& other) noexcept {
  std::swap(dtype_, other.dtype_);
  std::swap(n_, other.n_);
  std::swap(k_, other.k_);
  std::swap(data_, other.data_);
  return *this;
}

PackedWeight::~PackedWeight() { ::operator delete(data_, kAlignment); }

size_t PackedWeight::element_bytes() const noexcept { return dtype_ == DLLM_F32 ? sizeof(float) : sizeof(uint16_t); }

bool PackedWeight::write_rows(int64_t row_begin, int64_t row_count, int64_t group, int64_t group_stride, uint32_t src_dtype,
                              const void* src, int64_t* bad_row, int64_t* bad_col) {
  const size_t src_row_bytes = static_cast<size_t>(k_) * (src_dtype == DLLM_F32 ? sizeof(float) : sizeof(uint16_t));
  const std::unique_ptr<float[]> values(new float[static_cast<size_t>(k_)]);
  for (int64_t i = 0; i < row_count; ++i) {
    widen(src_dtype, static_cast<const unsigned char*>(src) + static_cast<size_t>(i) * src_row_bytes, k_, values.get());
    const int64_t bad = first_non_finite(dtype_, values.get(), k_);
    if (bad < k_) {
      *bad_row = i;
      *bad_col = bad;
      return false;
    }
    store_row(row_begin + (i / group) * group_stride + i % group, values.get());
  }
  return true;
}

void PackedWeight::store_row(int64_t row, const float* values) {
  unsigned char* panel = static_cast<unsigned char*>(data_) + static_cast<size_t>(row / kPanel) * panel_bytes();
  const int64_t column = row % kPanel;
  if (dtype_ == DLLM_F32) {
    float* out = reinterpret_cast<float*>(panel) + column;
    for (int64_t i = 0; i < k_; ++i) out[i * kPanel] = values[i];
  } else {
    uint16_t* out = reinterpret_cast<uint16_t*>(panel) + 2 * column;
    for (int64_t i = 0; i < k_; ++i) out[(i / 2) * 2 * kPanel + i % 2] = bf16_of(values[i]);
  }
}

void PackedWeight::read_row(int64_t row, float* out) const {
  const unsigned char* panel = static_cast<const unsigned char*>(data_) + static_cast<size_t>(row / kPanel) * panel_bytes();
  const int64_t column = row % kPanel;
  if (dtype_ == DLLM_F32) {
    const float* in = reinterpret_cast<const float*>(panel) + column;
    for (int64_t i = 0; i < k_; ++i) out[i] = in[i * kPanel];
  } else {
    const uint16_t* in = reinterpret_cast<const uint16_t*>(panel) + 2 * column;
    for (int64_t i = 0; i < k_; ++i) out[i] = float_of(static_cast<uint32_t>(in[(i / 2) * 2 * kPanel + i % 2]) << 16);
  }
}

}  // namespace dllm
