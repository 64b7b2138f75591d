#include "check_linear.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "bf16.h"
#include "failure.h"
#include "gemm/gemm.h"
#include "gemm/kernel_outer.h"
#include "gemm/pack_matrix.h"
#include "gemm/weight_grad.h"

namespace check {
namespace {

using dllm::Isa;
using dllm::PackedWeight;
using dllm::ThreadPool;

size_t at(int64_t index) { return static_cast<size_t>(index); }

[[noreturn]] void fail(const Comparison& with, const char* what, int64_t rows, int64_t n, int64_t k) {
  with.fail(dllm::format("%s differs, rows %lld n %lld k %lld", what, static_cast<long long>(rows), static_cast<long long>(n),
                         static_cast<long long>(k))
                .c_str());
}

// Whether `got` is within what f32 sums of `terms` numbers of this total size may lose of `wanted`.
bool close(float got, double wanted, double size, int64_t terms) {
  return std::fabs(static_cast<double>(got) - wanted) <= std::ldexp(2 + std::sqrt(static_cast<double>(terms)), -24) * size + 1e-37;
}

// One weight gradient and what it must give.
struct Gradient {
  int64_t rows, n, k, dout_stride, in_stride;
  bool bf16;
  float scale;
  std::vector<float> dout, in, before, bias_before;

  Gradient(Comparison& with, int64_t row_count, int64_t height, int64_t width)
      : rows(row_count), n(height), k(width), dout_stride(n + with.below(4)), in_stride(k + with.below(4)), bf16(with.below(2) == 1),
        scale(with.below(2) == 1 ? 1.0f : -0.3f), dout(with.floats(rows * dout_stride, 1)), in(with.floats(rows * in_stride, 1)),
        before(with.floats(n * k, 1)), bias_before(with.floats(n, 1)) {}

  float factor(float value) const { return bf16 ? dllm::round_to_bf16(value) : value; }

  void compare(const Comparison& with, const std::vector<float>& dweight) const {
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t i = 0; i < k; ++i) {
        double sum = 0, size = 0;
        for (int64_t r = 0; r < rows; ++r) {
          const double term = static_cast<double>(factor(dout[at(r * dout_stride + j)])) * factor(in[at(r * in_stride + i)]);
          sum += term;
          size += std::fabs(term);
        }
        const double held = before[at(j * k + i)];
        if (close(dweight[at(j * k + i)], held + scale * sum, std::fabs(scale) * size + std::fabs(held), rows)) continue;
        fail(with, "weight gradient", rows, n, k);
      }
    }
  }

  void compare_bias(const Comparison& with, const std::vector<float>& dbias) const {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0, size = 0;
      for (int64_t r = 0; r < rows; ++r) sum += dout[at(r * dout_stride + j)], size += std::fabs(dout[at(r * dout_stride + j)]);
      const double held = bias_before[at(j)];
      if (!close(dbias[at(j)], held + scale * sum, std::fabs(scale) * size + std::fabs(held), rows)) fail(with, "bias gradient", rows, n, k);
    }
  }
};

// Sizes that take every way through: few or many rows, small gradients and ones above a million elements.
void check_gradient(Comparison& with, Isa isa) {
  const bool large = with.below(50) == 0, tall = !large && with.below(8) == 0;
  const int64_t rows = 1 + with.below(large ? 3 : tall ? 2300 : 300);
  const int64_t n = large ? 1000 + with.below(90) : tall ? 100 + with.below(20) : 1 + with.below(60);
  const int64_t k = large ? 1060 : tall ? 90 + with.below(20) : 1 + with.below(80);
  const Gradient gradient(with, rows, n, k);
  const auto run = [&](unsigned threads, std::vector<float>& dweight, std::vector<float>& dbias) {
    ThreadPool pool(threads);
    dllm::weight_grad(pool, isa, {gradient.dout.data(), gradient.dout_stride, gradient.in.data(), gradient.in_stride, dweight.data(),
                                  dbias.data(), rows, n, k, gradient.scale, gradient.bf16});
  };
  std::vector<float> dweight = gradient.before, dbias = gradient.bias_before;
  run(1, dweight, dbias);
  gradient.compare(with, dweight);
  gradient.compare_bias(with, dbias);
  std::vector<float> again = gradient.before, bias_again = gradient.bias_before;
  run(2 + static_cast<unsigned>(with.below(4)), again, bias_again);
  if (again != dweight || bias_again != dbias) fail(with, "weight gradient on several threads", rows, n, k);
}

// Whether the row `out` is the product of `in` and the matrix `weight` [n, k].
void check_row(const Comparison& with, bool bf16, const float* in, const std::vector<float>& weight, const std::vector<float>& out,
               int64_t rows, int64_t k) {
  const auto factor = [=](float value) { return bf16 ? dllm::round_to_bf16(value) : value; };
  for (size_t j = 0; j < out.size(); ++j) {
    double sum = 0, size = 0;
    for (int64_t i = 0; i < k; ++i) {
      const double term = static_cast<double>(factor(in[i])) * factor(weight[j * at(k) + at(i)]);
      sum += term;
      size += std::fabs(term);
    }
    if (!close(out[j], sum, size, k)) fail(with, "product", rows, static_cast<int64_t>(out.size()), k);
  }
}

// A packed matrix holds what write_rows gives, and its product is that of its rows alone, bit for bit, and right.
void check_product(Comparison& with, Isa isa) {
  const int64_t n = 1 + with.below(70), k = 1 + with.below(with.below(8) == 0 ? 1100 : 90), stride = n + with.below(3);
  const uint32_t dtype = with.below(2) == 1 ? DLLM_BF16 : DLLM_F32;
  const std::vector<float> held = with.floats(k * stride, 1);  // [k, n]
  std::vector<float> turned(at(n * k));
  for (int64_t i = 0; i < n * k; ++i) turned[at(i)] = 0.5f * held[at(i % k * stride + i / k)];
  PackedWeight packed(dtype, n, k), plain(dtype, n, k), written(dtype, n, k);
  ThreadPool pool(1 + static_cast<unsigned>(with.below(3)));
  dllm::Entry bad{};
  int64_t row = 0, column = 0;
  if (!dllm::pack_matrix(pool, {held.data(), k, n, stride}, true, 0.5f, packed, bad)) fail(with, "packing of finite numbers", 0, n, k);
  if (!dllm::pack_matrix(pool, {turned.data(), n, k, k}, false, 1, plain, bad)) fail(with, "packing of finite numbers", 0, n, k);
  if (!written.write_rows(0, n, n, 0, DLLM_F32, turned.data(), &row, &column)) fail(with, "writing of finite numbers", 0, n, k);
  if (std::memcmp(packed.data(), written.data(), written.bytes()) != 0) fail(with, "transposed packing", 0, n, k);
  if (std::memcmp(plain.data(), written.data(), written.bytes()) != 0) fail(with, "packing", 0, n, k);
  const int64_t rows = with.below(8) == 0 ? 1600 : 1 + with.below(20);
  const std::vector<float> in = with.floats(rows * k, 1);
  std::vector<float> out(at(rows * n)), one(at(n));
  dllm::gemm(pool, isa, {in.data(), k, &packed, nullptr, nullptr, 0, out.data(), n, rows, n, false});
  for (int64_t r = 0; r < rows; r += 1 + with.below(100)) {
    dllm::gemm(pool, isa, {in.data() + r * k, k, &packed, nullptr, nullptr, 0, one.data(), n, 1, n, false});
    if (std::memcmp(one.data(), &out[at(r * n)], at(n) * 4) != 0) fail(with, "a row of a product", rows, n, k);
    check_row(with, dtype == DLLM_BF16, in.data() + r * k, turned, one, rows, k);
  }
}

// Plain vectors with as many registers as wanted, for the geometry of any instruction set: <96, 2> is that of AVX-512.
template <int Accumulators, int Panels>
struct Plain {
  using F = float __attribute__((vector_size(16)));
  static constexpr int kWidth = 4;
  static constexpr int kAccumulators = Accumulators;
  static constexpr int kPanelsAtOnce = Panels;

  static F load(const float* p) {
    F x;
    std::memcpy(&x, p, sizeof x);
    return x;
  }
  static void store(float* p, F x) { std::memcpy(p, &x, sizeof x); }
  static F splat(float x) { return F{x, x, x, x}; }
  static F broadcast(const float* p) { return splat(*p); }
  static F fma(F a, F b, F c) { return a * b + c; }
};

float upper_half(uint32_t bits) {
  bits &= 0xffff0000u;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class Vec>
struct PlainPairs : dllm::PairOuter<Vec> {
  static typename Vec::F add_pairs(typename Vec::F sum, uint32_t a, const uint16_t* b) {
    for (int lane = 0; lane < Vec::kWidth; ++lane) {
      uint32_t pair;
      std::memcpy(&pair, b + 2 * lane, sizeof pair);
      sum[lane] += upper_half(a) * upper_half(pair);
      sum[lane] += upper_half(a << 16) * upper_half(pair << 16);
    }
    return sum;
  }
};

template <class Vec>
void check_pairs_of(Comparison& with) {
  constexpr dllm::OuterKernels kKernels = dllm::make_outer_kernels<dllm::F32Outer<Vec>, PlainPairs<Vec>>();
  const int64_t rows = 1 + with.below(600), n = 1 + with.below(40), k = 1 + with.below(70);
  Gradient gradient(with, rows, n, k);
  gradient.bf16 = true;
  const int64_t dout_strips = dllm::strips(n, kKernels.dout_strip), in_strips = dllm::strips(k, kKernels.in_strip);
  const int64_t room = rows + dllm::kChunkRows;
  std::vector<uint16_t> packed_dout(at(room * dout_strips * kKernels.dout_strip)), packed_in(at(room * in_strips * kKernels.in_strip));
  std::vector<float> dweight = gradient.before;
  const dllm::OuterProduct product{gradient.dout.data(), gradient.dout_stride, gradient.in.data(), gradient.in_stride, rows, n, k,
                                   packed_dout.data(), packed_in.data(), dllm::kChunkRows, nullptr, 0, dweight.data(), k, gradient.scale, true};
  for (int64_t group = 0; group * dllm::kGroupRows < rows; ++group) kKernels.pack(product, group);
  kKernels.multiply(product, {0, dout_strips, 0, in_strips});
  gradient.compare(with, dweight);
}

}  // namespace

void check_linear(Comparison& with, Isa isa) {
  check_gradient(with, isa);
  check_product(with, isa);
}

void check_pairs(Comparison& with) {
  check_pairs_of<Plain<96, 2>>(with);
  check_pairs_of<Plain<20, 1>>(with);
}

}  // namespace check
