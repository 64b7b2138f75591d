#include "token_filter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "bf16.h"

namespace dllm {
namespace {

// Tokens this far below the largest logit are sorted only when the others are not enough.
constexpr float kNear = 12.0f;

constexpr int kDigitBits = 11;
constexpr uint32_t kDigits = 1u << kDigitBits;

// Ascends where the value descends.
uint32_t descending_key(float value) {
  uint32_t bits;
  const float positive_zero = value + 0.0f;
  std::memcpy(&bits, &positive_zero, sizeof bits);
  return (bits & 0x80000000u) != 0 ? bits : ~(bits | 0x80000000u);
}

}  // namespace

uint64_t TokenFilter::scratch_bytes(int64_t vocab) { return 2 * static_cast<uint64_t>(vocab) * sizeof(Entry); }

TokenFilter::TokenFilter(const float* logits, float* e, int64_t vocab, float max, double total, bool bf16, unsigned char* scratch)
    : logits_(logits),
      e_(e),
      vocab_(vocab),
      max_(max),
      total_(static_cast<float>(total)),
      bf16_(bf16),
      entries_(reinterpret_cast<Entry*>(scratch)),
      spare_(reinterpret_cast<Entry*>(scratch) + vocab) {}

// A radix sort of the keys; stable, so that equal logits stay in the order of their ids.
void TokenFilter::sort(float floor) {
  count_ = 0;
  for (int64_t i = 0; i < vocab_; ++i) {
    if (logits_[i] >= floor) entries_[count_++] = {descending_key(logits_[i]), static_cast<int32_t>(i)};
  }
  for (int shift = 0; shift < 32; shift += kDigitBits) {
    int64_t begin[kDigits + 1] = {};
    const auto digit = [shift](const Entry& entry) { return (entry.key >> shift) & (kDigits - 1); };
    for (int64_t i = 0; i < count_; ++i) ++begin[digit(entries_[i]) + 1];
    for (uint32_t d = 0; d < kDigits; ++d) begin[d + 1] += begin[d];
    for (int64_t i = 0; i < count_; ++i) spare_[begin[digit(entries_[i])]++] = entries_[i];
    std::swap(entries_, spare_);
  }
}

int64_t TokenFilter::nucleus_count(float top_p) const {
  const auto probability = [&](int64_t i) {
    const float p = e_[entries_[i].token] / total_;
    return bf16_ ? round_to_bf16(p) : p;
  };
  const float limit = bf16_ ? round_to_bf16(top_p) : top_p;
  double mass = 0;  // added up in f32 for bfloat16, as the reference does
  for (int64_t i = 0; i < count_; ++i) {
    const float p = probability(i);
    mass = bf16_ ? static_cast<double>(static_cast<float>(mass) + p) : mass + static_cast<double>(p);
    const float rounded = static_cast<float>(mass);
    if ((bf16_ ? round_to_bf16(rounded) : rounded) > limit) return i + 1;
  }
  return -1;
}

void TokenFilter::keep_only(int64_t count) {
  for (int64_t i = 0; i < count; ++i) std::memcpy(&spare_[i], &e_[entries_[i].token], sizeof(float));
  std::fill(e_, e_ + vocab_, 0.0f);
  for (int64_t i = 0; i < count; ++i) std::memcpy(&e_[entries_[i].token], &spare_[i], sizeof(float));
}

void TokenFilter::nucleus(float top_p) {
  sort(max_ - kNear);
  kept_ = nucleus_count(top_p);
  if (kept_ < 0 && count_ < vocab_) {
    sort(-INFINITY);
    kept_ = nucleus_count(top_p);
  }
  if (kept_ < 0) kept_ = count_;
  keep_only(kept_);
}

void TokenFilter::largest(int32_t top_k) {
  if (kept_ < 0) {
    sort(max_ - kNear);
    if (count_ < top_k && count_ < vocab_) sort(-INFINITY);
    kept_ = count_;
  }
  int64_t count = std::min<int64_t>(top_k, kept_);
  while (count < kept_ && entries_[count].key == entries_[count - 1].key) ++count;
  keep_only(count);
}

}  // namespace dllm
