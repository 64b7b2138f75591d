#include "check_training.h"

#include <algorithm>
#include <cmath>

#include "gradient_ops.h"
#include "token_loss.h"
#include "training_kernels.h"
#include "vector_ops.h"

namespace check {
namespace {

using dllm::GradientOps;
using dllm::Isa;
using dllm::TrainingKernels;
using dllm::VectorOps;
using Floats = std::vector<float>;

void check_loss(Comparison& with, const TrainingKernels& kernels) {
  const int64_t n = with.below(700) + 1, target = with.below(n);
  const Floats logits = with.floats(n, 6), teacher = with.floats(n, 6);
  const bool reverse = with.below(2) == 1, has_teacher = with.below(3) != 0, in_place = with.below(2) == 1;
  const float entropy_weight = with.below(2) == 1 ? 2.0f : 0.0f;
  const auto run = [&](const TrainingKernels& set) {
    Floats x = logits, out(logits.size()), scratch(dllm::token_loss_scratch(static_cast<uint64_t>(n)));
    float* const gradient = in_place ? x.data() : out.data();
    const float* const y = has_teacher ? teacher.data() : nullptr;
    dllm::TokenLossPeaks peaks{};
    dllm::TokenLossResult result{};
    if (!find_peaks(set, x.data(), y, n, target, &peaks)) with.fail("find_peaks refuses finite logits");
    const dllm::TokenLossRow row{x.data(), y, gradient, n, target, peaks, 1, has_teacher ? 0.5f : 0.0f, entropy_weight, 0.5f, reverse};
    if (!token_loss(set, row, scratch.data(), &result)) with.fail("token_loss gives a loss that is not finite");
    Floats all(gradient, gradient + n);
    all.insert(all.end(), {result.hard, result.soft, result.entropy, result.correct, peaks.logit, peaks.teacher});
    return all;
  };
  with.compare("token loss", run(kernels), run(dllm::kScalarTrainingKernels), 2e-5);
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    Floats broken = logits;
    broken[static_cast<size_t>(with.below(n))] = bad;
    if (kernels.scan(broken.data(), n).finite) with.fail("scan accepts a value that is not finite");
  }
}

// Bit for bit.
void check_updates(Comparison& with, const TrainingKernels& kernels) {
  const int64_t n = with.below(300) + 1;
  const Floats grad = with.floats(n, 1), param = with.floats(n, 1), moment = with.floats(n, 0.1f);
  const dllm::AdamwFactors factors{0.3f, 1e-4f, 0.9f, 0.1f, 0.99f, 0.01f, 1e-3f, 0.7f, 1e-8f};
  const auto run = [&](const TrainingKernels& set) {
    Floats p = param, m = moment, v(grad.size(), 0.02f), average = moment;
    set.adamw(factors, grad.data(), p.data(), m.data(), v.data(), n);
    set.lerp(p.data(), average.data(), n, 0.125f);
    p.push_back(static_cast<float>(set.sum_squares(grad.data(), n)));
    for (const Floats& more : {m, v, average}) p.insert(p.end(), more.begin(), more.end());
    return p;
  };
  with.compare("update", run(kernels), run(dllm::kScalarTrainingKernels), 0);
}

void check_swiglu(Comparison& with, const VectorOps& ops) {
  const int64_t n = with.below(300) + 1;
  const Floats both = with.floats(2 * n, 4), dout = with.floats(n, 1);
  const auto run = [&](const VectorOps& set) {
    Floats gradient = both, out(dout.size());
    set.swiglu(both.data(), both.data() + n, out.data(), n);
    set.swiglu_grad(gradient.data(), gradient.data() + n, dout.data(), gradient.data(), gradient.data() + n, n);
    gradient.insert(gradient.end(), out.begin(), out.end());
    return gradient;
  };
  with.compare("SwiGLU", run(ops), run(dllm::kScalarVectorOps), 1e-5);
}

void check_norm_grad(Comparison& with, const GradientOps& ops) {
  const int64_t rows = with.below(20) + 1, width = with.below(200) + 1, stride = width + with.below(5);
  const Floats in = with.floats(rows * stride, 1), gain = with.floats(width, 1), dout = with.floats(rows * stride, 1);
  const auto run = [&](const GradientOps& set) {
    Floats din = dout, dgain(gain.size());
    set.rms_norm_grad({in.data(), stride, gain.data(), dout.data(), stride, din.data(), stride, dgain.data(), rows, width, 0.01f});
    din.insert(din.end(), dgain.begin(), dgain.end());
    return din;
  };
  with.compare("RMS norm gradient", run(ops), run(dllm::kScalarGradientOps), 1e-4);
}

void check_attention_grad(Comparison& with, const GradientOps& ops) {
  const int64_t rows = with.below(30) + 1, group = with.below(4) + 1, dim = with.below(70) + 1, keys = with.below(60) + 1;
  const int64_t stride = group * dim + with.below(5), kv_stride = dim + with.below(5);
  const Floats q = with.floats(rows * stride, 1), dout = with.floats(rows * stride, 1);
  const Floats k = with.floats(keys * kv_stride, 1), v = with.floats(keys * kv_stride, 1);
  std::vector<int64_t> visible;
  for (int64_t i = 0; i < rows; ++i) visible.push_back(with.below(keys) + 1);
  const int64_t most = *std::max_element(visible.begin(), visible.end());
  const auto run = [&](const GradientOps& set) {
    Floats dq(q.size()), dk(k.size()), dv(v.size());
    // Aligned to 64 bytes, as the engine's is.
    Floats memory(static_cast<size_t>(set.attention_grad_scratch(dim, most)) + 16);
    float* const scratch = reinterpret_cast<float*>((reinterpret_cast<uintptr_t>(memory.data()) + 63) / 64 * 64);
    set.attention_grad({q.data(), stride, dout.data(), stride, dq.data(), stride, k.data(), v.data(), dk.data(), dv.data(), kv_stride, rows,
                        group, dim, keys, visible.data(), most, 1 / std::sqrt(static_cast<float>(dim)), scratch});
    for (const Floats& more : {dk, dv}) dq.insert(dq.end(), more.begin(), more.end());
    return dq;
  };
  with.compare("attention gradient", run(ops), run(dllm::kScalarGradientOps), 1e-4);
}

}  // namespace

void check_training(Comparison& with, Isa isa) {
  check_loss(with, dllm::training_kernels(isa));
  check_updates(with, dllm::training_kernels(isa));
  check_swiglu(with, dllm::vector_ops(isa));
  check_norm_grad(with, dllm::gradient_ops(isa));
  check_attention_grad(with, dllm::gradient_ops(isa));
}

}  // namespace check
