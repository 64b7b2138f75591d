// Random problems for the checks and the benchmark.
#ifndef DLLM_GEMM_BENCH_CASE_H
#define DLLM_GEMM_BENCH_CASE_H

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <utility>
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

}  // namespace
#endif
