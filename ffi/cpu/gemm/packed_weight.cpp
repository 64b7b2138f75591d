#include "packed_weight.h"

#include <algorithm>
#include <cstring>
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
  const uint32_t magnitude = (half & 0x7fffu) << 13;
  // Moving the exponent field by a multiplication with 2^112 also normalises the subnormal values.
  const uint32_t finite = bits_of(float_of(magnitude) * float_of((127u + 112u) << 23));
  return float_of(sign | (magnitude >= 0x7c00u << 13 ? magnitude | kExponent : finite));
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

// Has its top bit set when the value is not finite as an element of a weight, BF16 or F32; bf16_of carries 0x8000 at most
// into the upper half.
uint32_t finite_probe(float value, uint32_t dtype) {
  const uint32_t rounding = dtype == DLLM_BF16 ? 0x8000u : 0u;
  return (bits_of(value) & 0x7fffffffu) + rounding + (0x80000000u - kExponent);
}

constexpr uint32_t kNotFinite = 0x80000000u;

// A piece of up to 16 weight rows on the way into a panel.
constexpr int64_t kPieceColumns = 64;
struct Piece {
  float values[PackedWeight::kPanel][kPieceColumns];
};

void store_f32(const Piece& piece, int64_t rows, int64_t columns, float* out) {
  for (int64_t k = 0; k < columns; ++k) {
    for (int64_t r = 0; r < rows; ++r) out[k * PackedWeight::kPanel + r] = piece.values[r][k];
  }
}

// The piece has an even number of columns (the last one may be padding).
void store_bf16(const Piece& piece, int64_t rows, int64_t columns, uint16_t* out) {
  for (int64_t k = 0; k < columns; k += 2) {
    for (int64_t r = 0; r < rows; ++r) {
      const uint16_t pair[2] = {bf16_of(piece.values[r][k]), bf16_of(piece.values[r][k + 1])};
      std::memcpy(out + k * PackedWeight::kPanel + 2 * r, pair, sizeof pair);
    }
  }
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
  const size_t element = src_dtype == DLLM_F32 ? sizeof(float) : sizeof(uint16_t);
  const size_t src_row_bytes = static_cast<size_t>(k_) * element;
  for (int64_t i = 0; i < row_count;) {
    const int64_t row = row_begin + (i / group) * group_stride + i % group;
    const int64_t rows = std::min({kPanel - row % kPanel, group - i % group, row_count - i});
    const auto* from = static_cast<const unsigned char*>(src) + static_cast<size_t>(i) * src_row_bytes;
    if (!write_run(row, rows, src_dtype, from)) {
      find_non_finite(rows, src_dtype, from, bad_row, bad_col);
      *bad_row += i;
      return false;
    }
    i += rows;
  }
  return true;
}

// Rows of one panel; false when an entry is not finite.
bool PackedWeight::write_run(int64_t row, int64_t rows, uint32_t src_dtype, const unsigned char* src) {
  const size_t element = src_dtype == DLLM_F32 ? sizeof(float) : sizeof(uint16_t);
  unsigned char* panel = static_cast<unsigned char*>(data_) + static_cast<size_t>(row / kPanel) * panel_bytes();
  const int64_t column = row % kPanel;
  Piece piece;
  const uint32_t dtype = dtype_;
  uint32_t probe = 0;
  for (int64_t k = 0; k < k_; k += kPieceColumns) {
    const int64_t count = std::min(kPieceColumns, k_ - k);
    for (int64_t r = 0; r < rows; ++r) {
      float* values = piece.values[r];
      widen(src_dtype, src + static_cast<size_t>(r * k_ + k) * element, count, values);
      if (count % 2 == 1) values[count] = 0.0f;
      for (int64_t c = 0; c < count; ++c) probe |= finite_probe(values[c], dtype);
    }
    if (probe & kNotFinite) return false;
    if (dtype_ == DLLM_F32) {
      store_f32(piece, rows, count, reinterpret_cast<float*>(panel) + k * kPanel + column);
    } else {
      store_bf16(piece, rows, count, reinterpret_cast<uint16_t*>(panel) + k * kPanel + 2 * column);
    }
  }
  return true;
}

// The first entry, by row and column, of source rows that have one that is not finite.
void PackedWeight::find_non_finite(int64_t rows, uint32_t src_dtype, const unsigned char* src, int64_t* bad_row,
                                   int64_t* bad_col) const {
  const size_t element = src_dtype == DLLM_F32 ? sizeof(float) : sizeof(uint16_t);
  for (int64_t i = 0; i < rows * k_; ++i) {
    float value;
    widen(src_dtype, src + static_cast<size_t>(i) * element, 1, &value);
    if (!(finite_probe(value, dtype_) & kNotFinite)) continue;
    *bad_row = i / k_;
    *bad_col = i % k_;
    return;
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
