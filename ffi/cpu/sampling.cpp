#include "sampling.h"

#include <algorithm>
#include <cmath>

#include "token_filter.h"

namespace dllm {
namespace {

uint64_t round_up(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

// The softmax of a row that is filled into its memory step by step.
class Softmax {
 public:
  Softmax(const VectorOps& ops, const SamplingRow& row, bool bf16, unsigned char* scratch)
      : ops_(ops), row_(row), bf16_(bf16), logits_(reinterpret_cast<float*>(scratch)) {
    const uint64_t bytes = round_up(static_cast<uint64_t>(row.vocab) * sizeof(float));
    p_ = reinterpret_cast<float*>(scratch + bytes);
    filter_scratch_ = scratch + 2 * bytes;
  }

  static uint64_t scratch_bytes(int64_t vocab) {
    return 2 * round_up(static_cast<uint64_t>(vocab) * sizeof(float)) + round_up(TokenFilter::scratch_bytes(vocab));
  }

  // Loads the logits and bars ids; false if one is not finite.
  bool load() {
    if (!ops_.load_logits(row_.logits, logits_, row_.vocab, bf16_)) return false;
    for (uint32_t i = 0; i < row_.barred_count; ++i) logits_[row_.barred[i]] = -INFINITY;
    max_ = ops_.maximum(logits_, row_.vocab);
    return true;
  }

  // False if the largest scaled logit is not finite.
  bool scale(float temperature) {
    ops_.divide(logits_, row_.vocab, temperature, bf16_);
    max_ = ops_.maximum(logits_, row_.vocab);
    return std::isfinite(max_);
  }

  void compute(const SamplingOptions* filters) {
    double total = ops_.exponentials(logits_, p_, row_.vocab, max_);
    if (filters != nullptr && filters->filters()) {
      TokenFilter filter(logits_, p_, row_.vocab, max_, total, bf16_, filter_scratch_);
      if (filters->top_p < 1) filter.nucleus(filters->top_p);
      if (filters->top_k > 0) filter.largest(filters->top_k);
      total = ops_.sum(p_, row_.vocab);
    }
    top_ = ops_.normalise(p_, row_.vocab, static_cast<float>(total), bf16_);
  }

  float max() const { return max_; }
  const float* p() const { return p_; }
  TopTwo top() const { return top_; }

  // The lowest id of the largest probability.
  int32_t argmax() const { return static_cast<int32_t>(std::find(p_, p_ + row_.vocab, top_.first) - p_); }

  // The first token whose running probability, as a part of the whole, exceeds the uniform.
  int32_t draw(double uniform) const {
    double total = 0;
    for (int64_t i = 0; i < row_.vocab; ++i) total += static_cast<double>(p_[i]);
    const double goal = uniform * total;
    double running = 0;
    int64_t last = 0;
    for (int64_t i = 0; i < row_.vocab; ++i) {
      if (p_[i] == 0) continue;
      running += static_cast<double>(p_[i]);
      last = i;
      if (running > goal) break;
    }
    return static_cast<int32_t>(last);
  }

 private:
  const VectorOps& ops_;
  const SamplingRow& row_;
  bool bf16_;
  float* logits_;
  float* p_;
  unsigned char* filter_scratch_;
  float max_ = 0;
  TopTwo top_{0, 0};
};

float entropy_in_bf16(const EntropyTable& entropies, const float* p, int64_t vocab, float epsilon) {
  double total = 0;
  for (int64_t i = 0; i < vocab; ++i) total += static_cast<double>(entropies(p[i], epsilon));
  return round_to_bf16(static_cast<float>(total));
}

// The most probable ids that are not barred, ties by id. A heap with its least one on top holds the best so far.
void list_top(const SamplingRow& row, const float* p) {
  const auto before = [](const RankedToken& a, const RankedToken& b) {
    return a.probability != b.probability ? a.probability > b.probability : a.token < b.token;
  };
  int64_t count = 0;
  for (int64_t i = 0; i < row.vocab; ++i) {
    if (count == row.top_count && !(p[i] > row.top[0].probability)) continue;
    if (row.barred_mask[i] != 0) continue;
    if (count == row.top_count) {
      std::pop_heap(row.top, row.top + count, before);
      --count;
    }
    row.top[count++] = {static_cast<int32_t>(i), p[i]};
    std::push_heap(row.top, row.top + count, before);
  }
  std::sort_heap(row.top, row.top + count, before);
  std::fill(row.top + count, row.top + row.top_count, RankedToken{-1, 0.0f});
}

}  // namespace

uint64_t sampling_scratch(int64_t vocab) { return Softmax::scratch_bytes(vocab); }

SamplingResult sample_row(const VectorOps& ops, const EntropyTable& entropies, const SamplingOptions& options, const SamplingRow& row,
                          unsigned char* scratch, Sample* sample) noexcept {
  Softmax softmax(ops, row, options.bf16, scratch);
  if (!softmax.load()) return SamplingResult::kNonFiniteLogits;
  *sample = Sample{};
  sample->max_logit = softmax.max();
  if (options.temperature > 0 && !softmax.scale(options.temperature)) return SamplingResult::kTemperatureOverflow;
  softmax.compute(&options);
  sample->token = options.temperature > 0 ? softmax.draw(options.uniform) : softmax.argmax();
  if (options.raw && (options.temperature > 0 || options.filters())) {
    softmax.load();
    softmax.compute(nullptr);
  }
  const float* const p = softmax.p();
  const TopTwo top = softmax.top();
  sample->probability = p[sample->token];
  sample->margin = options.bf16 ? round_to_bf16(top.first - top.second) : top.first - top.second;
  sample->negative_entropy = options.bf16 ? entropy_in_bf16(entropies, p, row.vocab, options.epsilon)
                                          : static_cast<float>(ops.negative_entropy(p, row.vocab, options.epsilon));
  if (row.top_count > 0) list_top(row, p);
  return SamplingResult::kDone;
}

}  // namespace dllm
