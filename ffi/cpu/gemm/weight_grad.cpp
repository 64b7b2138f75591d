#include "gemm/weight_grad.h"

#include <algorithm>

#include "gemm/kernels.h"

namespace dllm {
namespace {

constexpr int64_t kLarge = 1 << 20;     // elements of a gradient that is not kept several times
constexpr int64_t kSegmentRows = 1024;  // factor rows of a smaller gradient that are summed on their own

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Some rows of the factors and a part of the gradient's rows or columns: what one thread does on its own, with packed
// factors that no other thread touches.
struct Unit {
  int64_t segment;
  int64_t row_begin, row_end;
  int64_t n_begin, n_end;
  int64_t k_begin, k_end;
};

// How a gradient is cut into units. The segments, which tell in what order numbers are added, depend on its size alone.
class Cut {
 public:
  Cut(const WeightGradArgs& args, const OuterKernels& kernels, int64_t threads)
      : args_(args), by_n_(args.n >= args.k), strip_(by_n_ ? kernels.dout_strip : kernels.in_strip), segment_rows_(args.rows) {
    if (args.n * args.k <= kLarge) segment_rows_ = kSegmentRows;
    strips_ = divide_up(by_n_ ? args.n : args.k, strip_);
    double best = 0;
    for (int64_t parts = 1; parts <= std::min(strips_, 2 * threads); ++parts) {
      const double time = static_cast<double>(divide_up(segments() * parts, threads)) * unit_time(parts);
      if (parts == 1 || time < best) parts_ = parts, best = time;
    }
  }

  int64_t segments() const { return divide_up(args_.rows, segment_rows_); }
  int64_t units() const { return segments() * parts_; }
  // The most columns of each factor in a unit.
  int64_t n() const { return by_n_ ? std::min(args_.n, divide_up(strips_, parts_) * strip_) : args_.n; }
  int64_t k() const { return by_n_ ? args_.k : std::min(args_.k, divide_up(strips_, parts_) * strip_); }

  Unit unit(int64_t index) const {
    const int64_t segment = index / parts_, part = index % parts_;
    const int64_t begin = strips_ * part / parts_ * strip_;
    const int64_t end = std::min(by_n_ ? args_.n : args_.k, strips_ * (part + 1) / parts_ * strip_);
    const int64_t row = segment * segment_rows_;
    Unit unit{segment, row, std::min(args_.rows, row + segment_rows_), 0, args_.n, 0, args_.k};
    (by_n_ ? unit.n_begin : unit.k_begin) = begin;
    (by_n_ ? unit.n_end : unit.k_end) = end;
    return unit;
  }

 private:
  // In multiply-adds per row: packing an element takes about as long as sixteen of them.
  double unit_time(int64_t parts) const {
    constexpr double kPack = 16;
    const double n = static_cast<double>(args_.n), k = static_cast<double>(args_.k), p = static_cast<double>(parts);
    return n * k / p + kPack * (by_n_ ? n / p + k : n + k / p);
  }

  const WeightGradArgs& args_;
  bool by_n_;
  int64_t strip_, segment_rows_, strips_ = 0, parts_ = 1;
};

// Where a unit's packed factors lie.
struct Room {
  float* dout;
  float* in;
  int64_t strip_rows;
};

// Adds a unit's products to its part of `target`, an [n, k] matrix; sums of dout go to `column_sums` unless that is null.
void run_unit(const OuterKernels& kernels, const WeightGradArgs& args, const Unit& unit, const Room& room, float* target, float* column_sums) {
  constexpr int64_t kBlockRows = 96;      // gradient rows of a block: their factors stay in the second-level cache
  constexpr int64_t kBlockColumns = 384;  // and its columns: as does that part of the gradient
  OuterProduct product{};
  product.dout_stride = args.dout_stride;
  product.in_stride = args.in_stride;
  product.n = unit.n_end - unit.n_begin;
  product.k = unit.k_end - unit.k_begin;
  product.packed_dout = room.dout;
  product.packed_in = room.in;
  product.strip_rows = room.strip_rows;
  product.column_sums_stride = args.n;
  product.dweight = target + unit.n_begin * args.k + unit.k_begin;
  product.dweight_stride = args.k;
  product.scale = args.scale;
  product.bf16 = args.bf16;
  const int64_t dout_strips = divide_up(product.n, kernels.dout_strip), in_strips = divide_up(product.k, kernels.in_strip);
  const int64_t dout_step = std::max<int64_t>(1, kBlockRows / kernels.dout_strip), in_step = kBlockColumns / kernels.in_strip;
  for (int64_t row = unit.row_begin; row < unit.row_end; row += kChunkRows) {
    product.rows = std::min(kChunkRows, unit.row_end - row);
    product.dout = args.dout + row * args.dout_stride + unit.n_begin;
    product.in = args.in + row * args.in_stride + unit.k_begin;
    if (column_sums != nullptr) product.column_sums = column_sums + row / kGroupRows * args.n + unit.n_begin;
    for (int64_t group = 0; group < divide_up(product.rows, kGroupRows); ++group) kernels.pack(product, group);
    for (int64_t i = 0; i < in_strips; i += in_step) {
      for (int64_t j = 0; j < dout_strips; j += dout_step) {
        kernels.multiply(product, {j, std::min(dout_strips, j + dout_step), i, std::min(in_strips, i + in_step)});
      }
    }
  }
}

// out[i] += the sums[s][i], in the order of s.
void add_sums(const float* sums, int64_t count, int64_t stride, int64_t length, float* out) {
  for (int64_t s = 0; s < count; ++s) {
    for (int64_t i = 0; i < length; ++i) out[i] += sums[s * stride + i];
  }
}

}  // namespace

void weight_grad(ThreadPool& pool, Isa isa, const WeightGradArgs& args) {
  const OuterKernels& kernels = kernels_of(isa).outer;
  const Cut cut(args, kernels, pool.size());
  const int64_t elements = args.n * args.k;
  const bool apart = cut.segments() > 1;
  const auto floats = [](int64_t count) { return divide_up(count, 16) * 16; };
  const int64_t strip_rows = std::min(kChunkRows, divide_up(args.rows, kGroupRows) * kGroupRows);
  const int64_t packed_dout = floats(strip_rows * divide_up(cut.n(), kernels.dout_strip) * kernels.dout_strip);
  const int64_t packed_in = floats(strip_rows * divide_up(cut.k(), kernels.in_strip) * kernels.in_strip);
  const int64_t packed = (packed_dout + packed_in) * pool.size();
  const int64_t groups = divide_up(args.rows, kGroupRows);
  const int64_t column_sums = args.dbias == nullptr ? 0 : floats(groups * args.n);
  const int64_t partial = apart ? floats(elements) : 0;
  const int64_t all = packed + column_sums + partial * cut.segments();
  auto* const scratch = static_cast<float*>(pool.scratch(static_cast<size_t>(all) * sizeof(float)));
  float* const sums = args.dbias == nullptr ? nullptr : scratch + packed;
  float* const partials = scratch + packed + column_sums;

  pool.parallel_for(cut.units(), [&](int64_t index, unsigned worker) {
    const Unit unit = cut.unit(index);
    float* const room = scratch + worker * (packed_dout + packed_in);
    float* const target = apart ? partials + unit.segment * partial : args.dweight;
    if (apart) {
      for (int64_t j = unit.n_begin; j < unit.n_end; ++j) std::fill(target + j * args.k + unit.k_begin, target + j * args.k + unit.k_end, 0.0f);
    }
    run_unit(kernels, args, unit, {room, room + packed_dout, strip_rows}, target, unit.k_begin == 0 ? sums : nullptr);
  });
  if (apart) {
    constexpr int64_t kPiece = 8192;
    pool.parallel_for(divide_up(elements, kPiece), [&](int64_t index) {
      const int64_t begin = index * kPiece;
      add_sums(partials + begin, cut.segments(), partial, std::min(kPiece, elements - begin), args.dweight + begin);
    });
  }
  for (int64_t group = 0; sums != nullptr && group < groups; ++group) {
    for (int64_t j = 0; j < args.n; ++j) args.dbias[j] += args.scale * sums[group * args.n + j];
  }
}

}  // namespace dllm
