// The ops of divided models over the world of fuzz_world.cpp.
#include "fuzz_bytes.h"

namespace fuzz {

std::vector<Bytes> World::parallel_records(Random& random) const {
  std::vector<Bytes> records{
      record(DLLM_OP_SHARD_SUMS, dllm_shard_sums{at(kShardLogits), at(kShardSums), kVocab, kVocab, kRequestsAt, kRequests, kBarredAt, 0}),
      record(DLLM_OP_SHARD_WINNERS, dllm_shard_winners{at(kShardLogits), at(kShardSums), at(kShardWinners), kVocab, kVocab, kRequestsAt,
                                                       kRequests, kBarredAt, 0})};
  const uint64_t reduces = group_ == 0 ? 0 : 1 + below(random, 3);
  for (uint64_t i = 0; i < reduces; ++i) {
    records.push_back(record(DLLM_OP_ALL_REDUCE, dllm_all_reduce{group_, at(kHiddenRows), member_, kHidden, kHidden, kRowsAt, kRows, 0}));
  }
  return records;
}

void World::fill_shard() const {
  std::vector<float> logits(kRequests * kVocab);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i * i % 23) * 0.5f - 6;
  const std::vector<double> sums(2 * kRequests, 1e3);
  Text err;
  must(dllm_buffer_write(device_, buffers_[kShardLogits], 0, logits.data(), logits.size() * 4, err.out(), Text::capacity), err.data);
  must(dllm_buffer_write(device_, buffers_[kShardSums], 0, sums.data(), sums.size() * 8, err.out(), Text::capacity), err.data);
}

}  // namespace fuzz
