// Measures the three products of a linear layer's training step against the arithmetic peak: forward, gradient of the input
// (with the transposed weight) and gradient of the weight. Not part of the library. Arguments: `[threads] [trials] [isa]`.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "case.h"
#include "gemm/pack_matrix.h"
#include "gemm/weight_grad.h"

namespace {

double seconds_of(const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  run();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The median share of the peak, which is measured before and after each run, and the median rate in 1e9 operations a second.
std::pair<double, double> share(ThreadPool& pool, Isa isa, uint32_t dtype, int trials, double operations, const std::function<void()>& run) {
  std::vector<double> shares, rates;
  run();
  for (int trial = 0; trial < trials; ++trial) {
    const double before = dllm::peak_gflops(pool, isa, dtype, 0.003);
    const double rate = 1e-9 * operations / seconds_of(run);
    const double after = dllm::peak_gflops(pool, isa, dtype, 0.003);
    shares.push_back(rate / std::max(before, after));
    rates.push_back(rate);
  }
  return {median(shares), median(rates)};
}

void bench(Isa isa, ThreadPool& pool, uint32_t dtype, int64_t rows, int64_t n, int64_t k, int trials) {
  const std::vector<float> in = random_floats(rows * k), dout = random_floats(rows * n), master = random_floats(n * k);
  std::vector<float> out(at(rows * n)), din(at(rows * k)), dweight(at(n * k));
  PackedWeight weight(dtype, n, k), transposed(dtype, k, n);
  dllm::Entry bad;
  const auto pack = [&] {
    if (!dllm::pack_matrix(pool, {master.data(), n, k, k}, false, 1, weight, bad)) std::abort();
    if (!dllm::pack_matrix(pool, {master.data(), n, k, k}, true, 1, transposed, bad)) std::abort();
  };
  const double operations = 2 * static_cast<double>(rows) * static_cast<double>(n) * static_cast<double>(k);
  const auto product = [&](const char* what, const std::function<void()>& run) {
    const auto [part, rate] = share(pool, isa, dtype, trials, operations, run);
    std::printf("  %s %5.1f %% (%6.1f)", what, 100 * part, rate);
    std::fflush(stdout);
  };
  std::printf("%-6s %-4s threads %u  rows %5lld weight %4lld x %4lld", name(isa), type_name(dtype), pool.size(), (long long)rows,
              (long long)n, (long long)k);
  std::vector<double> packs;
  for (int trial = 0; trial <= trials; ++trial) packs.push_back(seconds_of(pack));
  product("forward", [&] { dllm::gemm(pool, isa, {in.data(), k, &weight, nullptr, nullptr, 0, out.data(), n, rows, n, false}); });
  product("dX", [&] { dllm::gemm(pool, isa, {dout.data(), n, &transposed, nullptr, nullptr, 0, din.data(), k, rows, k, false}); });
  product("dW", [&] {
    dllm::weight_grad(pool, isa, {dout.data(), n, in.data(), k, dweight.data(), nullptr, rows, n, k, 1, dtype == DLLM_BF16});
  });
  std::printf("  both packs %.0f us\n", 1e6 * median(packs));
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned threads = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1;
  const int trials = argc > 2 ? std::atoi(argv[2]) : 5;
  const Isa isa = argc > 3 ? static_cast<Isa>(std::atoi(argv[3])) : dllm::best_isa();
  constexpr int64_t kShapes[][3] = {{8192, 576, 192}, {8192, 192, 192}, {8192, 1024, 192}, {8192, 192, 512}, {8192, 512, 192},
                                    {2048, 896, 896}, {2048, 4864, 896}, {2048, 896, 4864}};
  ThreadPool pool(threads);
  for (const uint32_t dtype : {DLLM_F32, DLLM_BF16}) {
    for (const auto& [rows, n, k] : kShapes) bench(isa, pool, dtype, rows, n, k, trials);
  }
  return 0;
}
