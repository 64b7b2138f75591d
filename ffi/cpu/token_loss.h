// The losses of one token and their gradient; the terms stand with dllm_token_loss.
#ifndef DLLM_TOKEN_LOSS_H
#define DLLM_TOKEN_LOSS_H

#include <cstdint>

#include "training_kernels.h"

namespace dllm {

// As it lies in a record's `out`.
struct TokenLossResult {
  float hard, soft, entropy, correct;
};

struct TokenLossPeaks {
  float logit, teacher;  // the largest ones; 0 without a teacher
  bool correct;
};

struct TokenLossRow {
  const float* logits;
  const float* teacher;  // may be null
  float* dlogits;        // may be logits
  int64_t vocab, target;
  TokenLossPeaks peaks;
  float hard_weight, soft_weight, entropy_weight;
  float temperature;
  bool reverse_kl;
};

// False if a logit is not finite.
bool find_peaks(const TrainingKernels& kernels, const float* logits, const float* teacher, int64_t vocab, int64_t target,
                TokenLossPeaks* peaks);

// Floats of scratch for token_loss.
uint64_t token_loss_scratch(uint64_t vocab);
// False if a loss is not finite.
bool token_loss(const TrainingKernels& kernels, const TokenLossRow& row, float* scratch, TokenLossResult* result);

}  // namespace dllm
#endif
