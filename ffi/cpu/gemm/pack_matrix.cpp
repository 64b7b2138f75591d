#include "gemm/pack_matrix.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "dllm.h"

namespace dllm {
namespace {

constexpr int64_t kPanel = PackedWeight::kPanel;
constexpr int kLanes = 4;

// Four lanes are what every processor has; packing waits for memory.
typedef float F __attribute__((vector_size(kLanes * 4)));
typedef uint32_t U __attribute__((vector_size(kLanes * 4)));

F load(const float* from) {
  F value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

void transpose(F (&x)[kLanes]) {
#if defined(__clang__)
#define DLLM_SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define DLLM_SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (U){i, j, k, l})
#endif
  const F a = DLLM_SHUFFLE(x[0], x[1], 0, 4, 1, 5), b = DLLM_SHUFFLE(x[0], x[1], 2, 6, 3, 7);
  const F c = DLLM_SHUFFLE(x[2], x[3], 0, 4, 1, 5), d = DLLM_SHUFFLE(x[2], x[3], 2, 6, 3, 7);
  x[0] = DLLM_SHUFFLE(a, c, 0, 1, 4, 5);
  x[1] = DLLM_SHUFFLE(a, c, 2, 3, 6, 7);
  x[2] = DLLM_SHUFFLE(b, d, 0, 1, 4, 5);
  x[3] = DLLM_SHUFFLE(b, d, 2, 3, 6, 7);
#undef DLLM_SHUFFLE
}

// Nearest even, in the upper halves; carries an exponent of all ones into the sign or keeps it.
U rounded(U bits) { return bits + 0x7fffu + ((bits >> 16) & 1u); }

// Writes weight columns k and k + 1 of some panel rows, as many as lanes, and collects in `probe` lanes whose top bit is set
// where one of them is not finite.
template <uint32_t Dtype>
void put_columns(F first, F second, unsigned char* out, U& probe) {
  constexpr uint32_t kMagnitude = 0x7fffffffu, kNotFinite = 0x80000000u - 0x7f800000u;
  constexpr uint32_t kRounding = Dtype == DLLM_BF16 ? 0x8000u : 0u;
  const U a = (U)first, b = (U)second;
  probe |= ((a & kMagnitude) + kRounding + kNotFinite) | ((b & kMagnitude) + kRounding + kNotFinite);
  if constexpr (Dtype == DLLM_F32) {
    std::memcpy(out, &first, sizeof first);
    std::memcpy(out + kPanel * sizeof(float), &second, sizeof second);
  } else {
    const U pairs = (rounded(a) >> 16) | (rounded(b) & 0xffff0000u);
    std::memcpy(out, &pairs, sizeof pairs);
  }
}

// A part of the packing: weight columns [begin, end) of one panel; begin is a multiple of kLanes.
struct Part {
  PlainMatrix source;
  int64_t panel, begin, end;
  float scale;
  unsigned char* out;  // the panel
};

// Entries of the source at weight rows row, row + 1, ... (one per lane) and column k; zeros outside.
F ragged(const Part& part, int64_t row, int64_t k, bool transposed) {
  const PlainMatrix& source = part.source;
  const int64_t rows = transposed ? source.cols : source.rows;
  F values{};
  if (k >= part.end) return values;
  for (int lane = 0; lane < kLanes && row + lane < rows; ++lane) {
    values[lane] = transposed ? source.data[k * source.stride + row + lane] : source.data[(row + lane) * source.stride + k];
  }
  return values;
}

// Four columns from k on of four panel rows from `lane` on, which are weight rows from `row` on.
template <uint32_t Dtype, bool kTransposed>
void pack_square(const Part& part, int64_t row, int64_t lane, int64_t k, U& probe) {
  constexpr int64_t kBytes = Dtype == DLLM_F32 ? 4 : 2;
  const PlainMatrix& source = part.source;
  const bool whole = row + kLanes <= (kTransposed ? source.cols : source.rows) && k + kLanes <= part.end;
  F x[kLanes];
  if (whole) {
    const float* const from = source.data + (kTransposed ? k * source.stride + row : row * source.stride + k);
    for (int i = 0; i < kLanes; ++i) x[i] = load(from + i * source.stride);
    if (!kTransposed) transpose(x);
  } else {
    for (int i = 0; i < kLanes; ++i) x[i] = ragged(part, row, k + i, kTransposed);
  }
  unsigned char* const out = part.out + k * kPanel * kBytes + lane * 4;
  put_columns<Dtype>(x[0] * part.scale, x[1] * part.scale, out, probe);
  put_columns<Dtype>(x[2] * part.scale, x[3] * part.scale, out + 2 * kPanel * kBytes, probe);
}

// Whether all of a part is finite in the weight.
template <uint32_t Dtype, bool kTransposed>
bool pack_part(const Part part) {
  const int64_t first = part.panel * kPanel;
  const int64_t rows = std::min(kPanel, (kTransposed ? part.source.cols : part.source.rows) - first);
  U probe{};
  for (int64_t k = part.begin; k < part.end; k += kLanes) {
    for (int64_t lane = 0; lane < rows; lane += kLanes) pack_square<Dtype, kTransposed>(part, first + lane, lane, k, probe);
  }
  return ((probe[0] | probe[1] | probe[2] | probe[3]) & 0x80000000u) == 0;
}

// Whether a value is finite in a weight.
bool finite(float value, uint32_t dtype) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return (bits & 0x7fffffffu) + (dtype == DLLM_BF16 ? 0x8000u : 0u) < 0x7f800000u;
}

Entry first_non_finite(const PlainMatrix& source, float scale, uint32_t dtype) {
  for (int64_t row = 0; row < source.rows; ++row) {
    for (int64_t col = 0; col < source.cols; ++col) {
      if (!finite(scale * source.data[row * source.stride + col], dtype)) return {row, col};
    }
  }
  return {-1, -1};
}

}  // namespace

bool pack_matrix(ThreadPool& pool, const PlainMatrix& source, bool transpose, float scale, PackedWeight& weight, Entry& bad) {
  constexpr int64_t kColumns = 512;  // weight columns of a part
  const bool bf16 = weight.dtype() == DLLM_BF16;
  const auto pack = transpose ? bf16 ? pack_part<DLLM_BF16, true> : pack_part<DLLM_F32, true>
                    : bf16    ? pack_part<DLLM_BF16, false>
                              : pack_part<DLLM_F32, false>;
  const int64_t slabs = (weight.k() + kColumns - 1) / kColumns;
  std::atomic<bool> all_finite{true};
  pool.parallel_for(weight.panels() * slabs, [&](int64_t index) {
    const int64_t panel = index / slabs, begin = index % slabs * kColumns;
    const Part part{source, panel, begin, std::min(begin + kColumns, weight.k()), scale, weight.panel(panel)};
    if (!pack(part)) all_finite.store(false, std::memory_order_relaxed);
  });
  if (!all_finite) bad = first_non_finite(source, scale, weight.dtype());
  return all_finite;
}

}  // namespace dllm
