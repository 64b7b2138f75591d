// The training ops over the world of fuzz_world.cpp.
#include <algorithm>

#include "fuzz_bytes.h"

namespace fuzz {

std::vector<Bytes> World::training_records(Random& random) const {
  const bool transpose = below(random, 2) == 0;
  const uint32_t pack_rows = transpose ? kQ : kHidden, pack_cols = transpose ? kHidden : kQ;
  const dllm_ref dbias = below(random, 2) == 0 ? at(kGainGrad) : dllm_ref{};
  const dllm_ref dgain = below(random, 2) == 0 ? at(kGainGrad) : dllm_ref{};
  const dllm_ref inner_grad = below(random, 2) == 0 ? at(kGateUpRows) : at(kGateUpGrad);
  const dllm_ref dlogits = below(random, 2) == 0 ? at(kLogits) : at(kLogitsGrad);
  const uint32_t reverse = below(random, 2) == 0 ? uint32_t{DLLM_LOSS_REVERSE_KL} : 0u;
  const uint32_t dtype = below(random, 2) == 0 ? uint32_t{DLLM_F32} : uint32_t{DLLM_BF16};
  const uint32_t skip = below(random, 2) == 0 ? 3u : 0xffffffffu;
  return {
      record(DLLM_OP_FILL, dllm_fill{at(kGradient), kMaster, 0.5f, 0}),
      record(DLLM_OP_PACK, dllm_pack{weights_[kOutput], at(kMasterRows), pack_rows, pack_cols, pack_cols, transpose ? 1u : 0u, 0.5f, 0}),
      record(DLLM_OP_SWIGLU, dllm_swiglu{at(kGateUpRows), at(kInner), kMlp, 2 * kMlp, kMlp, kRowsAt, kRows, 0}),
      record(DLLM_OP_TOKEN_LOSS, dllm_token_loss{at(kLogits), at(kTeacher), dlogits, at(kLosses), kVocab, kVocab, kVocab, kVocab,
                                                 kLossRowsAt, kGroupsAt, kRequests, kGroups, reverse, 0.5f}),
      record(DLLM_OP_SWIGLU_GRAD, dllm_swiglu_grad{at(kGateUpRows), at(kInner), inner_grad, kMlp, 2 * kMlp, kMlp, 2 * kMlp, kRowsAt, kRows}),
      record(DLLM_OP_MATMUL_GRAD, dllm_matmul_grad{at(kHiddenGrad), at(kAttended), at(kGradient), dbias, kHidden, kQ, kHidden, kQ, kRowsAt,
                                                   kRows, dtype, 0.5f}),
      record(DLLM_OP_ATTENTION_GRAD,
             dllm_attention_grad{at(kQkvRows), at(kKeys), at(kValues), at(kAttended), at(kQkvGrad), at(kKeysGrad), at(kValuesGrad), kQkv, kQ,
                                 kQkv, kHeads, kKvHeads, kHeadDim, kOwnSegmentsAt, kOwnLimitsAt, kSegments, kRows, 0.35f, 0}),
      record(DLLM_OP_ROPE_KV_GRAD, dllm_rope_kv_grad{at(kQkvGrad), at(kTable), at(kKeysGrad), at(kValuesGrad), kQkv, kHeads, kKvHeads,
                                                     kHeadDim, kRowsAt, kPositionsAt, kRows, kPositions}),
      record(DLLM_OP_RMS_NORM_GRAD, dllm_rms_norm_grad{at(kHiddenRows), at(kGain), at(kNormed), at(kHiddenGrad), dgain, kHidden, kHidden,
                                                       kHidden, kHidden, kRowsAt, kRows, 1e-6f, 0}),
      record(DLLM_OP_EMBED_GRAD, dllm_embed_grad{at(kHiddenGrad), at(kGradient), kVocab, kHidden, kHidden, kRowsAt, kTokensAt, kRows, skip, 0}),
      record(DLLM_OP_SUM_SQUARES, dllm_sum_squares{at(kGradient), at(kNormSquared), kMaster}),
      record(DLLM_OP_ADAMW, dllm_adamw{at(kMasterRows), at(kGradient), at(kMoment1), at(kMoment2), at(kNormSquared), kMaster, kAdamwAt, 0.1f}),
      record(DLLM_OP_LERP, dllm_lerp{at(kMasterRows), at(kAverage), kMaster, kLerpAt, 0})};
}

void World::training_params(Random& random, uint32_t* words) const {
  // Segments whose keys are their own rows.
  uint32_t row = 0;
  uint32_t* segment = words + kOwnSegmentsAt + 1;
  for (uint32_t i = 0; i < kSegments && row < kRows; ++i, segment += DLLM_SEGMENT_WORDS) {
    const uint32_t count = 1 + static_cast<uint32_t>(below(random, kRows - row));
    const uint32_t entry[] = {row, count, 1, 0, 1, 0, count, row};
    std::copy(std::begin(entry), std::end(entry), segment);
    for (uint32_t r = row; r < row + count; ++r) words[kOwnLimitsAt + r] = 1 + static_cast<uint32_t>(below(random, count));
    row += count;
    ++words[kOwnSegmentsAt];
  }
  const uint32_t rows = static_cast<uint32_t>(below(random, kRequests + 1));
  words[kLossRowsAt] = rows;
  words[kGroupsAt] = kGroups;
  for (uint32_t i = 0; i < rows; ++i) {
    const uint32_t group = static_cast<uint32_t>(below(random, kGroups + 1));
    const uint32_t entry[] = {static_cast<uint32_t>(below(random, kVocab)), bits(0.5f), bits(static_cast<float>(below(random, 2))),
                              group == kGroups ? 0xffffffffu : group};
    std::copy(std::begin(entry), std::end(entry), words + kLossRowsAt + 1 + DLLM_LOSS_WORDS * i);
  }
  for (uint32_t i = 0; i < kGroups; ++i) words[kGroupsAt + 1 + i] = bits(2);
  const float adamw[] = {1e-3f, 0.9f, 0.99f, 1e-8f, 0.1f, 0.01f, static_cast<float>(below(random, 2))};
  std::transform(std::begin(adamw), std::end(adamw), words + kAdamwAt, bits);
  words[kLerpAt] = bits(0.25f);
}

}  // namespace fuzz
