// Checks of gemm and PackedWeight; each returns its number of failures.
#ifndef DLLM_GEMM_BENCH_CHECKS_H
#define DLLM_GEMM_BENCH_CHECKS_H

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#include "case.h"

namespace {

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

int check_random_shapes(Isa isa, int trials) {
  int failures = 0;
  double worst = 0;
  ThreadPool one(1), three(3);
  for (int trial = 0; trial < trials; ++trial) {
    const bool gated = trial % 3 == 0;
    const int64_t rows = trial < 40 ? trial + 1 : random_integer(1, 40), n = random_integer(1, 150);
    const int64_t k = random_integer(1, trial % 10 ? 300 : 1500);
    const Case c(trial % 2 ? DLLM_BF16 : DLLM_F32, rows, n, k, gated, !gated && trial % 4 < 2, !gated && trial % 5 < 3, trial % 7 != 0);
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
        const size_t first = at(i * c.out_stride);
        if (std::memcmp(&in_place[first], &out[first], at(c.out_cols) * 4)) ++failures, c.describe("in place", isa);
      }
    }
  }
  std::printf("%-12s random shapes: %d failures, worst error %.3f of the bound\n", name(isa), failures, worst);
  return failures;
}

// A row has the same bits in every batch, on every number of threads.
int check_invariance(Isa isa, int trials) {
  int failures = 0;
  ThreadPool one(1), two(2), three(3);
  ThreadPool* pools[] = {&one, &two, &three};
  for (int variant = 0; variant < 8; ++variant) {
    const bool gated = variant & 1;
    const int64_t rows = variant & 4 ? 430 : 40;
    const Case c(variant & 2 ? DLLM_BF16 : DLLM_F32, rows, rows > 100 ? 200 : 1000, rows > 100 ? 1111 : 999, gated, !gated, !gated, false);
    const std::vector<float> whole = c.run(one, isa);
    for (int trial = 0; 3 * trial < trials; ++trial) {
      const int64_t count = trial % 2 ? 1 + trial % 40 : random_integer(1, rows);
      const int64_t first = random_integer(0, rows - count);
      std::vector<float> part(at(count * c.out_stride));
      dllm::gemm(*pools[trial % 3], isa, c.args(first, count, part.data()));
      if (std::memcmp(part.data(), &whole[at(first * c.out_stride)], part.size() * 4)) ++failures, c.describe("batch", isa);
    }
  }
  std::printf("%-12s batch invariance: %d failures\n", name(isa), failures);
  return failures;
}

// Rows come back as written, from any source type, in groups, in pieces; an entry that is not finite is named.
int check_weights() {
  int failures = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const uint32_t dtype = trial % 2 ? DLLM_BF16 : DLLM_F32, source = 1 + static_cast<uint32_t>(trial) % 3;
    const int64_t group = random_integer(1, 20), groups = random_integer(1, 5), count = group * groups, k = random_integer(1, 200);
    std::vector<uint16_t> halves(at(count * k));
    std::vector<float> floats = random_floats(count * k);
    for (size_t i = 0; i < halves.size(); ++i) {
      if (source == DLLM_F32) continue;
      halves[i] = static_cast<uint16_t>(generator() & (source == DLLM_F16 ? 0xbbffu : 0xbfffu));
      const int exponent = halves[i] >> 10 & 31, mantissa = halves[i] & 1023;
      const uint32_t wide = static_cast<uint32_t>(halves[i]) << 16;
      if (source == DLLM_BF16) std::memcpy(&floats[i], &wide, 4);
      const float size = std::ldexp(exponent ? 1024.0f + mantissa : mantissa, std::max(exponent, 1) - 25);
      if (source == DLLM_F16) floats[i] = halves[i] >> 15 ? -size : size;
    }
    PackedWeight weight(dtype, 3 + group * (2 * groups - 1), k);
    int64_t row = -1, column = -1;
    const void* src = source == DLLM_F32 ? static_cast<const void*>(floats.data()) : halves.data();
    failures += !weight.write_rows(3, count, group, 2 * group, source, src, &row, &column);
    std::vector<float> read(at(k));
    for (int64_t i = 0; i < count * k; ++i) {
      if (i % k == 0) weight.read_row(3 + i / k / group * 2 * group + i / k % group, read.data());
      failures += read[at(i % k)] != (dtype == DLLM_BF16 ? to_bf16(floats[at(i)]) : floats[at(i)]);
    }
    const int64_t bad = random_integer(0, count * k - 1);
    for (int64_t i : {bad, count * k - 1}) floats[at(i)] = trial % 4 < 2 ? NAN : -INFINITY;
    failures += weight.write_rows(3, count, group, 2 * group, DLLM_F32, floats.data(), &row, &column);
    failures += row != bad / k || column != bad % k;
  }
  std::printf("weights: %d failures\n", failures);
  return failures;
}

// silu by itself: a product whose gate is the input and whose up is 1. Where e^-|x| is subnormal, its spacing times |x| counts.
int check_silu(Isa isa, int trials) {
  ThreadPool pool(1);
  PackedWeight weight(DLLM_F32, 32, 2);
  const float ones[64] = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0,
                          0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
  int64_t row, column;
  if (!weight.write_rows(0, 32, 32, 0, DLLM_F32, ones, &row, &column)) return 1;
  double worst = 0;
  int failures = 0;
  for (double x = -120; x < 120; x += 0.111 / trials) {
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

// A row with an input that is not finite has no finite output, and the other rows are as without it.
int check_not_finite(Isa isa) {
  int failures = 0;
  ThreadPool pool(1);
  for (const uint32_t dtype : {DLLM_F32, DLLM_BF16}) {
    for (const float poison : {NAN, -NAN, INFINITY}) {
      Case c(dtype, 9, 40, 27, false, false, false, false);
      std::vector<float> want = c.run(pool, isa);
      c.in[at(4 * c.in_stride + c.k - 1)] = poison;
      const std::vector<float> got = c.run(pool, isa);
      for (int64_t i = 0; i < 9 * 40; ++i) failures += i / 40 == 4 ? std::isfinite(got[at(i)]) : got[at(i)] != want[at(i)];
    }
  }
  std::printf("%-12s inputs that are not finite: %d failures\n", name(isa), failures);
  return failures;
}

}  // namespace
#endif
