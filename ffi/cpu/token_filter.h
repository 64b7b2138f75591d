// The nucleus and top-k filters.
#ifndef DLLM_TOKEN_FILTER_H
#define DLLM_TOKEN_FILTER_H

#include <cstdint>

namespace dllm {

// Sorts and filters; works in memory given by the caller.
class TokenFilter {
 public:
  static uint64_t scratch_bytes(int64_t vocab);

  // logits (-infinity where barred) with their largest value, exponentials e = exp(logit - max) and their sum.
  // `bf16`: probabilities and their running sum are rounded to bfloat16 before they are compared with top_p.
  TokenFilter(const float* logits, float* e, int64_t vocab, float max, double total, bool bf16, unsigned char* scratch);

  // Sets e to 0 for every token that the nucleus of mass top_p < 1 leaves out: those that come, by falling logit and then
  // by id, after the running probability exceeded top_p. The first always stays.
  void nucleus(float top_p);
  // Sets e to 0 for every token whose logit is below the top_k-th largest of those that are left (ties stay).
  void largest(int32_t top_k);

 private:
  struct Entry {
    uint32_t key;  // ascending where the logit descends
    int32_t token;
  };

  // All tokens of a logit of at least `floor`, sorted into entries_.
  void sort(float floor);
  // How many of the sorted entries the nucleus keeps; -1 if it takes all of them and might go on.
  int64_t nucleus_count(float top_p) const;
  void keep_only(int64_t count);

  const float* logits_;
  float* e_;
  int64_t vocab_;
  float max_;
  float total_;
  bool bf16_;
  Entry* entries_;
  Entry* spare_;
  int64_t count_ = 0;
  int64_t kept_ = -1;  // sorted entries that are left, or -1 before the first filter
};

}  // namespace dllm
#endif
