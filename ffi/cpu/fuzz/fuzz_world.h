// A small device with every kind of object, and a valid command buffer over it: what the fuzzer starts from.
#ifndef DLLM_FUZZ_WORLD_H
#define DLLM_FUZZ_WORLD_H

#include <cstdint>
#include <random>
#include <vector>

#include "dllm.h"

namespace fuzz {

using Random = std::mt19937_64;
using Bytes = std::vector<unsigned char>;

inline uint64_t below(Random& random, uint64_t n) { return random() % n; }

// Ends the program when a call that must succeed does not.
void must(dllm_status status, const char* err);

struct Text {
  char data[320] = {};
  char* out() { return data; }
  static constexpr uint64_t capacity = sizeof data;
};

class World {
 public:
  // Most rows of a pass, their width, and the word that says how many there are.
  static constexpr uint32_t kRows = 12, kHidden = 16, kRowsAt = 0;

  World(Random& random, uint32_t threads, uint32_t isa);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  uint64_t device() const { return device_; }
  uint64_t output_bytes() const { return kSampleBytes; }
  // Every handle that is open, and one that was destroyed.
  std::vector<uint64_t> handles() const;

  // All ops, a forward and a training step of one layer of a tiny model and what divided models add; also shuffled and
  // shortened, as records depend on each other's data alone. There are all-reduces where the world is in a group.
  Bytes commands(Random& random) const;
  // Parameters that those commands accept.
  Bytes params(Random& random) const;

  // What all-reduces name from now on; no group: 0.
  void join(uint64_t group, uint32_t member);

  // Gives every buffer finite contents again.
  void refill();
  // Destroys a buffer that commands name, and puts a new one in its place.
  void replace_buffer(Random& random);

 private:
  static constexpr uint32_t kHeads = 4, kKvHeads = 2, kHeadDim = 8, kMlp = 32, kVocab = 40, kCache = 20,
                            kPositions = 40, kSegments = 4, kRequests = 6, kCopies = 3, kBarred = 5, kTop = 3, kPlanes = 2, kGroups = 2;
  static constexpr uint32_t kQ = kHeads * kHeadDim, kKv = kKvHeads * kHeadDim, kQkv = kQ + 2 * kKv;
  static constexpr uint32_t kMaster = kVocab * kHidden;  // elements of the master weights: room for every matrix
  static constexpr uint64_t kSampleBytes = 32 * kRequests;
  // Word indices of the parameter tables.
  static constexpr uint32_t kTokensAt = kRowsAt + 1, kPositionsAt = kTokensAt + kRows, kLimitsAt = kPositionsAt + kRows,
                            kSegmentsAt = kLimitsAt + kRows, kRequestsAt = kSegmentsAt + 1 + kSegments * DLLM_SEGMENT_WORDS,
                            kCopiesAt = kRequestsAt + 1 + kRequests * DLLM_REQUEST_WORDS, kBarredAt = kCopiesAt + 1 + 3 * kCopies,
                            kOwnSegmentsAt = kBarredAt + 1 + kBarred,
                            kOwnLimitsAt = kOwnSegmentsAt + 1 + kSegments * DLLM_SEGMENT_WORDS, kLossRowsAt = kOwnLimitsAt + kRows,
                            kGroupsAt = kLossRowsAt + 1 + kRequests * DLLM_LOSS_WORDS, kAdamwAt = kGroupsAt + 1 + kGroups,
                            kLerpAt = kAdamwAt + DLLM_ADAMW_WORDS, kWords = kLerpAt + 1;
  enum Place { kParams, kHiddenRows, kNormed, kGain, kQkvRows, kTable, kKeys, kValues, kCacheKeys, kCacheValues, kAttended, kInner,
               kBias, kBoundary, kSamples, kRanked, kLogits,
               kTeacher, kLogitsGrad, kLosses, kGateUpRows, kGateUpGrad, kHiddenGrad, kQkvGrad, kKeysGrad, kValuesGrad, kGainGrad,
               kMasterRows, kGradient, kMoment1, kMoment2, kAverage, kNormSquared,
               kShardLogits, kShardSums, kShardWinners, kPlaces };
  enum Matrix { kEmbedding, kProjection, kOutput, kGateUp, kDown, kHead, kMatrices };

  std::vector<Bytes> training_records(Random& random) const;
  std::vector<Bytes> parallel_records(Random& random) const;
  void training_params(Random& random, uint32_t* words) const;
  // Logits, and sums that no distribution of them exceeds.
  void fill_shard() const;

  uint64_t create_buffer(uint64_t bytes) const;
  uint64_t create_weight(Random& random, uint32_t dtype, uint64_t n, uint64_t k) const;
  dllm_ref at(Place place) const { return {buffers_[place], 0}; }

  uint64_t device_ = 0;
  std::vector<uint64_t> sizes_, buffers_, weights_;
  uint64_t destroyed_ = 0, group_ = 0;
  uint32_t member_ = 0;
};

}  // namespace fuzz
#endif
