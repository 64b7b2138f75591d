// Checks gemm against a double-precision reference on every instruction set that runs here, then measures it against the
// arithmetic peak. Not part of the library. Arguments: `check`, `bench [isa]` or none for both; the status is 1 when a check fails.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "gemm/gemm.h"

namespace {

using dllm::GemmArgs;
using dllm::Isa;
using dllm::PackedWeight;
using dllm::ThreadPool;

constexpr Isa kIsas[] = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Bf16, Isa::kNeon};
constexpr const char* kNames[] = {"", "scalar", "avx2", "avx512", "avx512-bf16", "neon"};
const char* name(Isa isa) { return kNames[static_cast<uint32_t>(isa)]; }
const char* type_name(uint32_t dtype) { return dtype == DLLM_F32 ? "f32" : "bf16"; }

size_t at(int64_t index) { return static_cast<size_t>(index); }

float to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  bits = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  std::memcpy(&value, &bits, 4);
  return value;
}

std::mt19937_64 generator(42);

std::vector<float> random_floats(int64_t count) {
  std::normal_distribution<float> normal;
  std::vector<float> values(at(count));
  for (float& value : values) value = normal(generator);
  return values;
}

int64_t random_integer(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(generator); }

// One problem with its data.
struct Case {
  uint32_t dtype;
  int64_t rows, n, k, out_cols, in_stride, residual_stride, out_stride;
  bool swiglu, has_bias, has_residual;
  std::vector<float> in, matrix, bias, residual;
  PackedWeight weight;

  Case(uint32_t type, int64_t row_count, int64_t rows_of_weight, int64_t width, bool gated, bool biased, bool added, bool strided)
      : dtype(type), rows(row_count), n(gated ? (rows_of_weight + 31) / 32 * 32 : rows_of_weight), k(width), swiglu(gated),
        has_bias(biased), has_residual(added), weight(type, n, k) {
    const int64_t columns = gated ? n / 2 : n;
    out_cols = strided ? random_integer(1, columns) : columns;
    in_stride = k + (strided ? random_integer(0, 9) : 0);
    residual_stride = columns + (strided ? random_integer(0, 9) : 0);
    out_stride = columns + (strided ? random_integer(0, 9) : 0);
    in = random_floats(rows * in_stride);
    matrix = random_floats(n * k);
    bias = random_floats(n);
    residual = random_floats(rows * residual_stride);
    int64_t row, column;
    if (!weight.write_rows(0, n, n, 0, DLLM_F32, matrix.data(), &row, &column)) std::abort();
  }

  GemmArgs args(int64_t first, int64_t count, float* out) const {
    return {in.data() + first * in_stride, in_stride, &weight, has_bias ? bias.data() : nullptr,
            has_residual ? residual.data() + first * residual_stride : nullptr, residual_stride, out, out_stride, count, out_cols, swiglu};
  }

  std::vector<float> run(ThreadPool& pool, Isa isa) const {
    std::vector<float> out(at(rows * out_stride), -77.0f);
    dllm::gemm(pool, isa, args(0, rows, out.data()));
    return out;
  }

  // The exact sum of row i and weight row j, and the sum of the magnitudes.
  std::pair<double, double> dot(int64_t i, int64_t j) const {
    double sum = 0, size = 0;
    for (int64_t l = 0; l < k; ++l) {
      float a = in[at(i * in_stride + l)], b = matrix[at(j * k + l)];
      if (dtype == DLLM_BF16) a = to_bf16(a), b = to_bf16(b);
      sum += static_cast<double>(a) * b;
      size += std::abs(static_cast<double>(a) * b);
    }
    return {sum, size};
  }

  void describe(const char* what, Isa isa) const {
    std::printf("FAIL %s: %s %s rows %lld n %lld k %lld cols %lld swiglu %d bias %d residual %d\n", what, name(isa), type_name(dtype),
                (long long)rows, (long long)n, (long long)k, (long long)out_cols, swiglu, has_bias, has_residual);
  }
};

// The worst error in units of what f32 summation may lose; elements outside the output must be untouched.
double worst_error(const Case& c, const std::vector<float>& out) {
  double worst = 0;
  const double unit = std::ldexp(1.0, -24) * (2 + std::sqrt(static_cast<double>(c.k)));
  for (int64_t i = 0; i < c.rows; ++i) {
    for (int64_t j = 0; j < c.out_stride; ++j) {
      const float got = out[at(i * c.out_stride + j)];
      if (j >= c.out_cols) {
        if (got != -77.0f) return INFINITY;
        continue;
      }
      auto [want, size] = c.dot(i, c.swiglu ? j / 16 * 32 + j % 16 : j);
      if (c.swiglu) {
        const auto [up, up_size] = c.dot(i, j / 16 * 32 + 16 + j % 16);
        const double silu = want / (1 + std::exp(-want));
        size = 1.1 * size * std::abs(up) + std::abs(silu) * up_size;
        want = silu * up;
      }
      if (c.has_bias) want += c.bias[at(j)];
      if (c.has_residual) want += c.residual[at(i * c.residual_stride + j)];
      const double error = std::abs(got - want) / (unit * (size + std::abs(want)));
      worst = error <= worst ? worst : error;  // NaN counts
    }
  }
  return worst;
}

int check_random_shapes(Isa isa) {
  int failures = 0;
  double worst = 0;
  ThreadPool one(1), three(3);
  for (int trial = 0; trial < 300; ++trial) {
    const bool gated = trial % 3 == 0;
    const Case c(trial % 2 ? DLLM_BF16 : DLLM_F32, trial < 40 ? trial + 1 : random_integer(1, 40), random_integer(1, 150), random_integer(1, trial % 10 ? 300 : 1500),
                 gated, !gated && trial % 4 < 2, !gated && trial % 5 < 3, trial % 7 != 0);
    const std::vector<float> out = c.run(one, isa);
    const double error = worst_error(c, out);
    worst = std::max(worst, error);
    if (!(error <= 1)) ++failures, c.describe("reference", isa);
    if (c.run(three, isa) != out) ++failures, c.describe("threads", isa);
    if (c.has_residual && c.residual_stride == c.out_stride) {
      std::vector<float> in_place = c.residual;
      GemmArgs args = c.args(0, c.rows, in_place.data());
      args.residual = in_place.data();
      dllm::gemm(one, isa, args);
      for (int64_t i = 0; i < c.rows; ++i) {
        if (std::memcmp(&in_place[at(i * c.out_stride)], &out[at(i * c.out_stride)], at(c.out_cols) * 4)) ++failures, c.describe("in place", isa);
      }
    }
  }
  std::printf("%-12s random shapes: %d failures, worst error %.3f of the bound\n", name(isa), failures, worst);
  return failures;
}

// A row has the same bits in every batch, on every number of threads.
int check_invariance(Isa isa) {
  int failures = 0;
  ThreadPool one(1), two(2), three(3);
  ThreadPool* pools[] = {&one, &two, &three};
  for (int variant = 0; variant < 8; ++variant) {
    const bool gated = variant & 1;
    const int64_t rows = variant & 4 ? 430 : 40;
    const Case c(variant & 2 ? DLLM_BF16 : DLLM_F32, rows, rows > 100 ? 200 : 1000, rows > 100 ? 1111 : 999, gated, !gated, !gated, false);
    const std::vector<float> whole = c.run(one, isa);
    for (int trial = 0; trial < 120; ++trial) {
      const int64_t count = trial < 60 ? 1 + trial % 40 : random_integer(1, rows);
      const int64_t first = random_integer(0, rows - count);
      std::vector<float> part(at(count * c.out_stride));
      dllm::gemm(*pools[trial % 3], isa, c.args(first, count, part.data()));
      if (std::memcmp(part.data(), &whole[at(first * c.out_stride)], part.size() * 4)) ++failures, c.describe("batch", isa);
    }
  }
  std::printf("%-12s batch invariance: %d failures\n", name(isa), failures);
  return failures;
}

// silu by itself: a product whose gate is the input and whose up is 1. Where e^-|x| is subnormal, its spacing times |x| counts.
int check_silu(Isa isa) {
  ThreadPool pool(1);
  PackedWeight weight(DLLM_F32, 32, 2);
  const float ones[64] = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0,
                          0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
  int64_t row, column;
  if (!weight.write_rows(0, 32, 32, 0, DLLM_F32, ones, &row, &column)) return 1;
  double worst = 0;
  int failures = 0;
  for (double x = -120; x < 120; x += 0.00037) {
    const float in[2] = {static_cast<float>(x), 1.0f};
    float out[16];
    dllm::gemm(pool, isa, {in, 2, &weight, nullptr, nullptr, 0, out, 16, 1, 16, true});
    const double want = static_cast<double>(in[0]) / (1 + std::exp(-static_cast<double>(in[0])));
    const double ulp = std::max(std::ldexp(1.0, std::ilogb(want) - 23), std::ldexp(1.0, -144));
    worst = std::max(worst, std::abs(out[0] - want) / ulp);
    for (float value : out) failures += value != out[0];
  }
  failures += !(worst <= 4);
  std::printf("%-12s silu: worst error %.2f ulp on [-120, 120], %d failures\n", name(isa), worst, failures);
  return failures;
}

// Seconds of processor time of all threads so far.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Times {
  double wall = INFINITY, processor = INFINITY;

  void measure(ThreadPool& pool, Isa isa, const GemmArgs& args, int repeat) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const double processor_start = processor_seconds();
    for (int i = 0; i < repeat; ++i) dllm::gemm(pool, isa, args);
    processor = std::min(processor, (processor_seconds() - processor_start) / repeat);
    wall = std::min(wall, std::chrono::duration<double>(Clock::now() - start).count() / repeat);
  }
};

// Interleaves peak and product and takes the best of each, since other programs share the machine. Where these take the
// cores away, the share by processor time tells what the elapsed time does not.
void bench(Isa isa, unsigned threads, uint32_t dtype, int64_t n, int64_t k, const std::vector<int64_t>& row_counts) {
  ThreadPool pool(threads);
  const Case c(dtype, *std::max_element(row_counts.begin(), row_counts.end()), n, k, false, false, false, false);
  std::vector<float> out(at(c.rows * n));
  double peak = 0;
  std::vector<Times> times(row_counts.size());
  const auto operations = [&](int64_t rows) { return 2e-9 * static_cast<double>(rows * n) * static_cast<double>(k); };
  for (int trial = 0; trial < 10; ++trial) {
    for (size_t i = 0; i < row_counts.size(); ++i) {
      peak = std::max(peak, dllm::peak_gflops(pool, isa, dtype, 0.002));
      const int repeat = std::max(1, static_cast<int>(0.2 / operations(row_counts[i])));
      times[i].measure(pool, isa, c.args(0, row_counts[i], out.data()), repeat);
    }
  }
  for (size_t i = 0; i < row_counts.size(); ++i) {
    const double rate = operations(row_counts[i]) / times[i].wall;
    const double by_processor = operations(row_counts[i]) / times[i].processor * threads;
    std::printf("%-8s %-4s threads %u  n %5lld k %5lld rows %4lld  %9.1f us %7.1f GFLOP/s of %6.1f = %5.1f %%, by processor time %5.1f %%  %6.1f GB/s\n",
                name(isa), type_name(dtype), threads, (long long)n, (long long)k, (long long)row_counts[i], times[i].wall * 1e6, rate, peak,
                100 * rate / peak, 100 * by_processor / peak, static_cast<double>(c.weight.bytes()) / times[i].wall / 1e9);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  int failures = 0;
  for (const Isa isa : kIsas) {
    if (mode == "bench" || !dllm::isa_available(isa)) continue;
    failures += check_random_shapes(isa) + check_invariance(isa) + check_silu(isa);
  }
  const Isa isa = argc > 2 ? static_cast<Isa>(std::atoi(argv[2])) : dllm::best_isa();
  constexpr int64_t kShapes[][2] = {{896, 4864}, {4864, 896}, {3584, 3584}, {64, 160}};
  for (const auto& [n, k] : kShapes) {
    if (mode == "check") break;
    for (const uint32_t dtype : {DLLM_F32, DLLM_BF16}) {
      for (const unsigned threads : {1u, 2u}) bench(isa, threads, dtype, n, k, {1, 4, 8, 16, 64, 128, 512});
    }
  }
  return failures != 0;
}
