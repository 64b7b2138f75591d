// Checks gemm against a double-precision reference on every instruction set that runs here, then measures it against the
// arithmetic peak. Not part of the library. Arguments: `check [trials]`, `bench [isa]` or none for both; the
// status is 1 when a check fails.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "case.h"
#include "checks.h"

namespace {

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
    const double by_processor = operations(row_counts[i]) / times[i].processor * pool.size();
    std::printf("%-8s %-4s threads %u  n %5lld k %5lld rows %4lld  %9.1f us %7.1f GFLOP/s of %6.1f = %5.1f %%, "
                "by processor time %5.1f %%  %6.1f GB/s\n",
                name(isa), type_name(dtype), threads, (long long)n, (long long)k, (long long)row_counts[i], times[i].wall * 1e6, rate, peak,
                100 * rate / peak, 100 * by_processor / peak, static_cast<double>(c.weight.bytes()) / times[i].wall / 1e9);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const int number = argc > 2 ? std::atoi(argv[2]) : 0;
  const int trials = mode == "check" && number > 0 ? number : 300;
  int failures = mode == "bench" ? 0 : check_weights();
  for (const Isa isa : kIsas) {
    if (mode == "bench" || !dllm::isa_available(isa)) continue;
    failures += check_random_shapes(isa, trials) + check_invariance(isa, trials) + check_silu(isa, trials) +
                check_not_finite(isa);
    std::fflush(stdout);
  }
  const Isa isa = mode == "bench" && number > 0 ? static_cast<Isa>(number) : dllm::best_isa();
  constexpr int64_t kShapes[][2] = {{896, 4864}, {4864, 896}, {3584, 3584}, {64, 160}};
  for (const auto& [n, k] : kShapes) {
    if (mode == "check") break;
    for (const uint32_t dtype : {DLLM_F32, DLLM_BF16}) {
      for (const unsigned threads : {1u, 2u}) bench(isa, threads, dtype, n, k, {1, 4, 8, 16, 64, 128, 512});
    }
  }
  return failures != 0;
}
