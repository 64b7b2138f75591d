#include "gemm/gemm.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "gemm/kernels.h"

namespace dllm {
namespace {

constexpr int64_t kBlockRows = 192;       // activation rows of a block: with a cut of k they stay in the second-level cache
constexpr int64_t kBlockPanels = 8;       // panels of a block
constexpr int64_t kPassElements = 4 << 20;  // packed activations of one pass over the weight
constexpr int64_t kTasksPerThread = 8;

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

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// How a product is cut into blocks: `row_parts` by `column_parts`, each nearly equal.
struct Cut {
  int64_t units, unit_panels;  // what columns are dealt in: a panel, or a pair for swiglu
  int64_t row_parts, column_parts;
  int64_t partial_floats;  // sums of the largest block

  Cut(const Product& product, int64_t row_tile, int64_t threads) {
    unit_panels = product.swiglu ? 2 : 1;
    units = divide_up(product.out_cols, PackedWeight::kPanel);
    row_parts = std::min(product.tiles, divide_up(product.rows, kBlockRows));
    column_parts = divide_up(units * unit_panels, kBlockPanels);
    if (threads > 1) {
      const int64_t wanted = divide_up(kTasksPerThread * threads, row_parts);
      column_parts = std::min(units, std::max(column_parts, wanted));
    }
    const int64_t rows = std::min(product.rows, divide_up(product.tiles, row_parts) * row_tile);
    partial_floats = rows * divide_up(units, column_parts) * unit_panels * PackedWeight::kPanel;
  }

  int64_t blocks() const { return row_parts * column_parts; }

  Block block(const Product& product, int64_t index, float* partial) const {
    const int64_t row = index % row_parts;
    const int64_t column = index / row_parts;
    return {product.tiles * row / row_parts, product.tiles * (row + 1) / row_parts, units * column / column_parts * unit_panels,
            units * (column + 1) / column_parts * unit_panels, partial};
  }
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
  const size_t partial = floats(cut.partial_floats);
  auto* scratch = static_cast<float*>(pool.scratch((packed + partial * pool.size()) * sizeof(float)));
  product.packed = scratch;
  const auto pack = [&](int64_t tile) { kernels.pack(product, tile); };
  const auto multiply = [&](int64_t index, unsigned worker) {
    kernels.multiply(product, cut.block(product, index, scratch + packed + partial * worker));
  };
  if (alone) {
    for (int64_t tile = 0; tile < product.tiles; ++tile) pack(tile);
    for (int64_t index = 0; index < cut.blocks(); ++index) multiply(index, 0);
  } else {
    pool.parallel_for(product.tiles, pack);
    pool.parallel_for(cut.blocks(), multiply);
  }
}

}  // namespace

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
