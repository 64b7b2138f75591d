// From one row of logits to a token and its confidence, as the Dream and LLaDA samplers do it (see dllm_head).
#ifndef DLLM_SAMPLING_H
#define DLLM_SAMPLING_H

#include <cstdint>

#include "entropy_table.h"
#include "vector_ops.h"

namespace dllm {

struct SamplingOptions {
  bool bf16, raw;
  float temperature, top_p;
  int32_t top_k;
  float epsilon;
  double uniform;

  bool filters() const { return top_p < 1 || top_k > 0; }
};

struct Sample {
  int32_t token;
  float probability, margin, negative_entropy, max_logit;
  int32_t reserved[3];
};
static_assert(sizeof(Sample) == 32);

struct RankedToken {
  int32_t token;  // -1 where every id that is not barred has been listed
  float probability;
};

struct SamplingRow {
  const float* logits;  // [vocab]
  int64_t vocab;
  const uint32_t* barred;  // [barred_count] ids below vocab
  uint32_t barred_count;
  const uint8_t* barred_mask;  // [vocab] 1 where barred
  RankedToken* top;            // [top_count]
  int64_t top_count;
};

enum class SamplingResult { kDone, kNonFiniteLogits, kTemperatureOverflow };

// Bytes of working memory for sample_row.
uint64_t sampling_scratch(int64_t vocab);

SamplingResult sample_row(const VectorOps& ops, const EntropyTable& entropies, const SamplingOptions& options, const SamplingRow& row,
                          unsigned char* scratch, Sample* sample) noexcept;

}  // namespace dllm
#endif
