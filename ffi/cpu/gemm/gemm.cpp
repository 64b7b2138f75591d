#include "gemm/gemm.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <vector>

namespace dllm {
namespace {

float round_to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

void gemm(ThreadPool& pool, Isa, const GemmArgs& args) {
  const PackedWeight& weight = *args.weight;
  const int64_t k = weight.k();
  const auto sum = [&](const std::vector<float>& w, int64_t i) {
    float total = 0;
    for (int64_t j = 0; j < k; ++j) {
      const float a = args.in[i * args.in_stride + j];
      total += (weight.dtype() == DLLM_BF16 ? round_to_bf16(a) : a) * w[static_cast<size_t>(j)];
    }
    return total;
  };
  pool.parallel_for(args.out_cols, [&](int64_t col) {
    std::vector<float> w(static_cast<size_t>(k)), up(static_cast<size_t>(k));
    weight.read_row(args.swiglu ? col / 16 * 32 + col % 16 : col, w.data());
    if (args.swiglu) weight.read_row(col / 16 * 32 + 16 + col % 16, up.data());
    for (int64_t i = 0; i < args.rows; ++i) {
      float value = sum(w, i);
      if (args.swiglu) value = value / (1 + std::exp(-value)) * sum(up, i);
      if (args.bias) value += args.bias[col];
      if (args.residual) value += args.residual[i * args.residual_stride + col];
      args.out[i * args.out_stride + col] = value;
    }
  });
}

double peak_gflops(ThreadPool&, Isa, uint32_t, double) { return 1.0; }

}  // namespace dllm
