#include "gemm/gemm.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "gemm/kernels.h"

namespace dllm {
namespace {

constexpr int64_t kBlockRows = 96;          // activation rows of a block: a cut of them stays in the second-level cache
constexpr int64_t kBlockPanels = 24;        // panels of a block, which use those rows again
constexpr int64_t kManyBlocks = 4;          // of rows for each thread, from which on threads share nothing
constexpr int64_t kPassElements = 4 << 20;  // packed activations of one pass over the weight

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// How a product is cut into blocks: equal parts of the rows, times parts of the columns that get smaller towards the end,
// so that large ones come first and small ones even out the threads.
class Cut {
 public:
  Cut(const Product& product, int64_t row_tile, int64_t threads) : tiles_(product.tiles) {
    const int64_t panels = divide_up(product.out_cols, PackedWeight::kPanel) * (product.swiglu ? 2 : 1);
    const int64_t unit = product.rows <= kFewRows ? kFewRowsPanels : product.swiglu ? 2 : 1;
    row_parts_ = std::min(tiles_, divide_up(product.rows, kBlockRows));
    for (int64_t done = 0; done < panels; bounds_.push_back(done)) {
      const int64_t share = threads == 1 ? panels : (panels - done) * row_parts_ / (2 * threads);
      done = std::min(panels, done + std::clamp(share / unit * unit, unit, kBlockPanels));
    }
    const int64_t rows = std::min(product.rows, divide_up(tiles_, row_parts_) * row_tile);
    partial_floats_ = rows * std::min(panels, kBlockPanels) * PackedWeight::kPanel;
  }

  int64_t blocks() const { return row_parts_ * static_cast<int64_t>(bounds_.size() - 1); }
  int64_t partial_floats() const { return partial_floats_; }

  Block block(int64_t index, float* partial) const {
    const int64_t row = index % row_parts_;
    const auto column = static_cast<size_t>(index / row_parts_);
    return {tiles_ * row / row_parts_, tiles_ * (row + 1) / row_parts_, bounds_[column], bounds_[column + 1], partial};
  }

 private:
  int64_t tiles_;
  int64_t row_parts_;
  int64_t partial_floats_;
  std::vector<int64_t> bounds_{0};  // panels
};

// Whether a product takes so little time that waking threads costs more than it saves.
bool small(const Product& product) {
  constexpr double kOperations = 1e6;
  constexpr double kBytes = 2e5;
  const double weights = static_cast<double>(product.out_cols) * static_cast<double>(product.k) * (product.swiglu ? 2 : 1);
  return 2 * weights * static_cast<double>(product.rows) < kOperations && weights * (product.bf16 ? 2 : 4) < kBytes;
}

int64_t cut_of_k(const Product& product) {
  if (product.tiles <= 1) return product.padded_k;
  return product.bf16 ? 512 : 256;
}

void run_pass(ThreadPool& pool, const Kernels& kernels, Product& product) {
  product.tiles = divide_up(product.rows, kernels.row_tile);
  product.k_block = cut_of_k(product);
  const bool alone = pool.size() == 1 || small(product);
  const Cut cut(product, kernels.row_tile, alone ? 1 : pool.size());
  const auto floats = [](int64_t count) { return static_cast<size_t>(divide_up(count, 16) * 16); };
  const size_t packed = floats(product.rows * product.padded_k);
  const size_t partial = floats(cut.partial_floats());
  auto* scratch = static_cast<float*>(pool.scratch((packed + partial * pool.size()) * sizeof(float)));
  product.packed = scratch;
  const auto pack = [&](int64_t tile) { kernels.pack(product, tile); };
  const auto multiply = [&](int64_t index, unsigned worker) {
    kernels.multiply(product, cut.block(index, scratch + packed + partial * worker));
  };
  if (alone) {
    for (int64_t tile = 0; tile < product.tiles; ++tile) pack(tile);
    for (int64_t index = 0; index < cut.blocks(); ++index) multiply(index, 0);
  } else {
    pool.parallel_for(product.tiles, pack);
    pool.parallel_for(cut.blocks(), multiply);
  }
}

// A product of many rows: each thread packs and multiplies some rows on its own, so that the packed ones are in its cache and
// no thread waits for another.
void run_units(ThreadPool& pool, const Kernels& kernels, const Product& product) {
  const auto floats = [](int64_t count) { return divide_up(count, 16) * 16; };
  const int64_t panels = divide_up(product.out_cols, PackedWeight::kPanel) * (product.swiglu ? 2 : 1);
  const int64_t packed = floats(kBlockRows * product.padded_k);
  const int64_t partial = kBlockRows * std::min(panels, kBlockPanels) * PackedWeight::kPanel;
  auto* const scratch = static_cast<float*>(pool.scratch(static_cast<size_t>((packed + partial) * pool.size()) * sizeof(float)));
  pool.parallel_for(divide_up(product.rows, kBlockRows), [&](int64_t index, unsigned worker) {
    float* const room = scratch + worker * (packed + partial);
    const int64_t row = index * kBlockRows;
    Product unit = product;
    unit.in += row * product.in_stride;
    if (unit.residual != nullptr) unit.residual += row * product.residual_stride;
    unit.out += row * product.out_stride;
    unit.rows = std::min(kBlockRows, product.rows - row);
    unit.tiles = divide_up(unit.rows, kernels.row_tile);
    unit.k_block = cut_of_k(unit);
    unit.packed = room;
    for (int64_t tile = 0; tile < unit.tiles; ++tile) kernels.pack(unit, tile);
    for (int64_t panel = 0; panel < panels; panel += kBlockPanels) {
      kernels.multiply(unit, {0, unit.tiles, panel, std::min(panels, panel + kBlockPanels), room + packed});
    }
  });
}

}  // namespace

const Kernels& kernels_of(Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::kAvx2:
      return kAvx2Kernels;
    case Isa::kAvx512:
      return kAvx512Kernels;
    case Isa::kAvx512Bf16:
      return kAvx512Bf16Kernels;
#elif defined(__aarch64__)
    case Isa::kNeon:
      return kNeonKernels;
#endif
    default:
      return kScalarKernels;
  }
}

void gemm(ThreadPool& pool, Isa isa, const GemmArgs& args) {
  const Kernels& kernels = kernels_of(isa);
  const PackedWeight& weight = *args.weight;
  Product product{};
  product.in_stride = args.in_stride;
  product.k = weight.k();
  product.padded_k = weight.padded_k();
  product.weight = static_cast<const unsigned char*>(weight.data());
  product.panel_bytes = weight.panel_bytes();
  product.bf16 = weight.dtype() == DLLM_BF16;
  product.swiglu = args.swiglu;
  product.bias = args.bias;
  product.residual_stride = args.residual_stride;
  product.out_stride = args.out_stride;
  product.out_cols = args.out_cols;
  if (args.rows >= kManyBlocks * kBlockRows * pool.size()) {
    product.rows = args.rows;
    product.in = args.in;
    product.residual = args.residual;
    product.out = args.out;
    return run_units(pool, kernels, product);
  }
  const int64_t pass_rows = std::max(kBlockRows, kPassElements / weight.padded_k());
  for (int64_t row = 0; row < args.rows; row += pass_rows) {
    product.rows = std::min(pass_rows, args.rows - row);
    product.in = args.in + row * args.in_stride;
    product.residual = args.residual == nullptr ? nullptr : args.residual + row * args.residual_stride;
    product.out = args.out + row * args.out_stride;
    run_pass(pool, kernels, product);
  }
}

double peak_gflops(ThreadPool& pool, Isa isa, uint32_t dtype, double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kIterations = 100'000;
  const Kernels& kernels = kernels_of(isa);
  std::atomic<unsigned> arrived{0};
  std::vector<double> rates(pool.size());
  pool.parallel_for(pool.size(), [&](int64_t index) {
    // All threads start together, so that none runs two of the loops.
    for (++arrived; arrived < pool.size();) std::this_thread::yield();
    const auto start = Clock::now();
    double operations = 0;
    std::chrono::duration<double> elapsed{};
    do {
      operations += kernels.spin(dtype == DLLM_BF16, kIterations);
      elapsed = Clock::now() - start;
    } while (elapsed.count() < seconds);
    rates[static_cast<size_t>(index)] = operations / elapsed.count() / 1e9;
  });
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
}

}  // namespace dllm
