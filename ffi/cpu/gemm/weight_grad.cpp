#include "gemm/weight_grad.h"

#include <algorithm>

#include "gemm/kernels.h"

namespace dllm {
namespace {

constexpr int64_t kBlockRows = 96;            // gradient rows of a block: their factors stay in the second-level cache
constexpr int64_t kBlockColumns = 384;        // and its columns: as does that part of the gradient
constexpr int64_t kPassElements = 4 << 20;    // packed factors of one pass over the gradient
constexpr int64_t kPassRows = 4 * kChunkRows;  // and its rows at most

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// How a gradient is cut into blocks: equal parts of its rows times equal parts of its columns, in strips.
class Cut {
 public:
  Cut(int64_t dout_strips, int64_t in_strips, const OuterKernels& kernels, int64_t threads) : dout_(dout_strips), in_(in_strips) {
    constexpr int64_t kBlocksPerThread = 4;
    dout_parts_ = divide_up(dout_, std::max<int64_t>(1, kBlockRows / kernels.dout_strip));
    in_parts_ = divide_up(in_, kBlockColumns / kernels.in_strip);
    if (threads == 1) return;
    in_parts_ = std::min(in_, std::max(in_parts_, divide_up(kBlocksPerThread * threads, dout_parts_)));
    dout_parts_ = std::min(dout_, std::max(dout_parts_, divide_up(kBlocksPerThread * threads, in_parts_)));
  }

  int64_t blocks() const { return dout_parts_ * in_parts_; }

  OuterBlock block(int64_t index) const {
    const int64_t j = index % dout_parts_;
    const int64_t i = index / dout_parts_;
    return {dout_ * j / dout_parts_, dout_ * (j + 1) / dout_parts_, in_ * i / in_parts_, in_ * (i + 1) / in_parts_};
  }

 private:
  int64_t dout_, in_;
  int64_t dout_parts_, in_parts_;
};

void add_column_sums(const OuterProduct& product, int64_t groups, float* dbias) {
  for (int64_t group = 0; group < groups; ++group) {
    for (int64_t j = 0; j < product.n; ++j) dbias[j] += product.scale * product.column_sums[group * product.n + j];
  }
}

}  // namespace

void weight_grad(ThreadPool& pool, Isa isa, const WeightGradArgs& args) {
  const OuterKernels& kernels = kernels_of(isa).outer;
  const int64_t dout_strips = divide_up(args.n, kernels.dout_strip), in_strips = divide_up(args.k, kernels.in_strip);
  const int64_t dout_width = dout_strips * kernels.dout_strip, in_width = in_strips * kernels.in_strip;
  const int64_t fit = kPassElements / (dout_width + in_width) / kChunkRows * kChunkRows;
  const int64_t pass_rows = std::clamp(fit, kChunkRows, kPassRows);
  const int64_t strip_rows = std::min(kChunkRows, divide_up(args.rows, kGroupRows) * kGroupRows);
  const int64_t packed_rows = divide_up(std::min(pass_rows, args.rows), strip_rows) * strip_rows;
  const int64_t sums = args.dbias == nullptr ? 0 : packed_rows / kGroupRows * args.n;
  auto* const scratch = static_cast<float*>(pool.scratch(static_cast<size_t>(packed_rows * (dout_width + in_width) + sums) * sizeof(float)));

  OuterProduct product{};
  product.dout_stride = args.dout_stride;
  product.in_stride = args.in_stride;
  product.n = args.n;
  product.k = args.k;
  product.packed_dout = scratch;
  product.packed_in = scratch + packed_rows * dout_width;
  product.strip_rows = strip_rows;
  product.column_sums = args.dbias == nullptr ? nullptr : scratch + packed_rows * (dout_width + in_width);
  product.dweight = args.dweight;
  product.scale = args.scale;
  product.bf16 = args.bf16;
  const Cut cut(dout_strips, in_strips, kernels, pool.size());
  for (int64_t row = 0; row < args.rows; row += pass_rows) {
    product.rows = std::min(pass_rows, args.rows - row);
    product.dout = args.dout + row * args.dout_stride;
    product.in = args.in + row * args.in_stride;
    const int64_t groups = divide_up(product.rows, kGroupRows);
    pool.parallel_for(groups, [&](int64_t group) { kernels.pack(product, group); });
    if (args.dbias != nullptr) add_column_sums(product, groups, args.dbias);
    pool.parallel_for(cut.blocks(), [&](int64_t index) { kernels.multiply(product, cut.block(index)); });
  }
}

}  // namespace dllm
