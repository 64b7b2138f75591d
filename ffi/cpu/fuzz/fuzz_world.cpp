#include "fuzz_world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fuzz_bytes.h"

namespace fuzz {

void must(dllm_status status, const char* err) {
  if (status == DLLM_OK) return;
  std::printf("a call that must succeed gives status %d: %s\n", status, err);
  std::abort();
}

World::World(Random& random, uint32_t threads, uint32_t isa) {
  const dllm_device_options options{sizeof options, threads, isa, 0};
  Text err;
  must(dllm_device_open(&options, sizeof options, &device_, err.out(), Text::capacity), err.data);
  sizes_ = {kWords * 4,         kRows * kHidden * 4, kRows * kHidden * 4, kHidden * 4,       kRows * kQkv * 4, kPositions * kHeadDim * 4,
            kRows * kKv * 4,    kRows * kKv * 4,     kPlanes * kCache * kKv * 4,             kPlanes * kCache * kKv * 4,
            kRows * kQ * 4,     kRows * kMlp * 4,    kQkv * 4,            2 * kHidden * 4,   kSampleBytes,     kRequests * kTop * 8,
            kRequests * kVocab * 4,
            kRequests * kVocab * 4, kRequests * kVocab * 4, kRequests * 16, kRows * 2 * kMlp * 4, kRows * 2 * kMlp * 4, kRows * kHidden * 4,
            kRows * kQkv * 4,   kRows * kKv * 4,     kRows * kKv * 4,     kHidden * 4,       kMaster * 4,     kMaster * 4,
            kMaster * 4,        kMaster * 4,         kMaster * 4,         8,                kRequests * kVocab * 4, kRequests * 16,
            kRequests * 40};
  for (const uint64_t size : sizes_) buffers_.push_back(create_buffer(size));
  weights_ = {create_weight(random, DLLM_F32, kVocab, kHidden),   create_weight(random, DLLM_BF16, kQkv, kHidden),
              create_weight(random, DLLM_F32, kHidden, kQ),       create_weight(random, DLLM_F32, 2 * kMlp, kHidden),
              create_weight(random, DLLM_BF16, kHidden, kMlp),    create_weight(random, DLLM_F32, kVocab, kHidden)};
  destroyed_ = create_buffer(64);
  must(dllm_buffer_destroy(device_, destroyed_, err.out(), Text::capacity), err.data);
  refill();
}

World::~World() {
  Text err;
  must(dllm_device_close(device_, err.out(), Text::capacity), err.data);
}

uint64_t World::create_buffer(uint64_t bytes) const {
  uint64_t buffer = 0;
  Text err;
  must(dllm_buffer_create(device_, bytes, &buffer, err.out(), Text::capacity), err.data);
  return buffer;
}

uint64_t World::create_weight(Random& random, uint32_t dtype, uint64_t n, uint64_t k) const {
  uint64_t weight = 0;
  Text err;
  must(dllm_weight_create(device_, dtype, n, k, &weight, err.out(), Text::capacity), err.data);
  std::vector<float> values(n * k);
  for (float& value : values) value = static_cast<float>(below(random, 200)) * 0.01f - 1.0f;
  must(dllm_weight_write(device_, weight, 0, n, n, 0, DLLM_F32, values.data(), values.size() * 4, err.out(), Text::capacity), err.data);
  return weight;
}

std::vector<uint64_t> World::handles() const {
  std::vector<uint64_t> all = buffers_;
  all.insert(all.end(), weights_.begin(), weights_.end());
  all.insert(all.end(), {device_, destroyed_});
  if (group_ != 0) all.push_back(group_);
  return all;
}

void World::refill() {
  for (int place = kParams + 1; place < kPlaces; ++place) {
    const std::vector<float> values(sizes_[place] / 4, 0.25f);
    Text err;
    must(dllm_buffer_write(device_, buffers_[place], 0, values.data(), sizes_[place], err.out(), Text::capacity), err.data);
  }
  fill_shard();
}

void World::join(uint64_t group, uint32_t member) {
  group_ = group;
  member_ = member;
}

void World::replace_buffer(Random& random) {
  const uint64_t place = below(random, kPlaces);
  Text err;
  must(dllm_buffer_destroy(device_, buffers_[place], err.out(), Text::capacity), err.data);
  destroyed_ = buffers_[place];
  buffers_[place] = create_buffer(sizes_[place]);
}

Bytes World::commands(Random& random) const {
  const auto matmul = [&](Place in, uint32_t in_width, Matrix weight, Place out, uint32_t cols, bool bias, bool residual, bool swiglu) {
    return record(DLLM_OP_MATMUL, dllm_matmul{at(in), bias ? at(kBias) : dllm_ref{}, residual ? at(out) : dllm_ref{}, at(out),
                                              weights_[weight], in_width, cols, cols, cols, kRowsAt, kRows, swiglu ? 1u : 0u, 0});
  };
  std::vector<Bytes> records{
      record(DLLM_OP_COPY_ROWS, dllm_copy_rows{at(kKeys), at(kCacheKeys), kKv * 4, kRows * kKv * 4, kCache * kKv * 4, kRows, kCache, 1,
                                               kCopiesAt, kCopies, 0}),
      record(DLLM_OP_EMBED, dllm_embed{weights_[kEmbedding], at(kHiddenRows), kHidden, kRowsAt, kTokensAt, kRows}),
      record(DLLM_OP_RMS_NORM, dllm_rms_norm{at(kHiddenRows), at(kGain), at(kNormed), kHidden, kHidden, kHidden, kRowsAt, kRows, 1e-6f}),
      matmul(kNormed, kHidden, kProjection, kQkvRows, kQkv, true, false, false),
      record(DLLM_OP_ROPE_KV, dllm_rope_kv{at(kQkvRows), at(kTable), at(kKeys), at(kValues), kQkv, kHeads, kKvHeads, kHeadDim, kRowsAt,
                                           kPositionsAt, kRows, kPositions}),
      record(DLLM_OP_ATTENTION,
             dllm_attention{at(kQkvRows), at(kKeys), at(kValues), at(kCacheKeys), at(kCacheValues), at(kAttended), kQkv, kQ, kHeads,
                            kKvHeads, kHeadDim, kSegmentsAt, kLimitsAt, kSegments, kRows, kCache, 0.35f, 0}),
      matmul(kAttended, kQ, kOutput, kHiddenRows, kHidden, false, true, false),
      matmul(kHiddenRows, kHidden, kGateUp, kInner, kMlp, false, false, true),
      matmul(kInner, kMlp, kDown, kHiddenRows, kHidden, false, true, false),
      record(DLLM_OP_RMS_NORM, dllm_rms_norm{at(kHiddenRows), at(kGain), at(kHiddenRows), kHidden, kHidden, kHidden, kRowsAt, kRows, 0}),
      record(DLLM_OP_HEAD, dllm_head{at(kHiddenRows), at(kBoundary), at(kSamples), at(kRanked),
                                     below(random, 2) == 0 ? at(kLogits) : dllm_ref{}, weights_[kHead], kHidden, kRows, 2, kVocab,
                                     kRequestsAt, kRequests, kBarredAt, kTop})};
  for (Bytes& one : training_records(random)) records.push_back(std::move(one));
  for (Bytes& one : parallel_records(random)) records.push_back(std::move(one));
  const bool shorter = below(random, 4) != 0;
  if (shorter) {
    std::shuffle(records.begin(), records.end(), random);
    records.resize(1 + below(random, 4));
  }
  const dllm_header header{DLLM_MAGIC, DLLM_ABI_VERSION, static_cast<uint32_t>(records.size()), 0, buffers_[kParams],
                           buffers_[kSamples], 0};
  Bytes bytes(sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  for (const Bytes& one : records) bytes.insert(bytes.end(), one.begin(), one.end());
  return bytes;
}

Bytes World::params(Random& random) const {
  std::vector<uint32_t> words(kWords);
  const uint32_t rows = 1 + static_cast<uint32_t>(below(random, kRows));
  words[kRowsAt] = rows;
  for (uint32_t i = 0; i < kRows; ++i) {
    words[kTokensAt + i] = static_cast<uint32_t>(below(random, kVocab));
    words[kPositionsAt + i] = static_cast<uint32_t>(below(random, kPositions));
  }
  const uint32_t cached = static_cast<uint32_t>(below(random, kCache + 1));
  uint32_t row = 0;
  uint32_t* segment = &words[kSegmentsAt + 1];
  for (uint32_t i = 0; i < kSegments && row < kRows; ++i, segment += DLLM_SEGMENT_WORDS) {
    const uint32_t count = 1 + static_cast<uint32_t>(below(random, kRows - row));
    const uint32_t entry[] = {row, count, 2, 0, 0, 0, cached, 0, 1, cached, count, row};
    std::copy(std::begin(entry), std::end(entry), segment);
    for (uint32_t r = row; r < row + count; ++r) words[kLimitsAt + r] = 1 + static_cast<uint32_t>(below(random, cached + count));
    row += count;
    ++words[kSegmentsAt];
  }
  const uint32_t requests = static_cast<uint32_t>(below(random, kRequests + 1));
  words[kRequestsAt] = requests;
  for (uint32_t i = 0; i < requests; ++i) {
    uint32_t* const request = &words[kRequestsAt + 1 + i * DLLM_REQUEST_WORDS];
    const double uniform = static_cast<double>(below(random, 1000)) / 1000;
    request[0] = static_cast<uint32_t>(static_cast<int32_t>(below(random, kRows + 2)) - 2);
    request[1] = static_cast<uint32_t>(below(random, 4));
    request[2] = bits(static_cast<float>(below(random, 3)) * 0.5f);
    request[3] = bits(static_cast<float>(below(random, 5)) * 0.25f);
    request[4] = static_cast<uint32_t>(below(random, 3) * 7);
    request[5] = bits(1e-10f);
    std::memcpy(request + 6, &uniform, sizeof uniform);
  }
  words[kCopiesAt] = 1;
  words[kCopiesAt + 3] = static_cast<uint32_t>(below(random, kRows));
  words[kBarredAt] = static_cast<uint32_t>(below(random, kBarred + 1));
  for (uint32_t i = 0; i < kBarred; ++i) words[kBarredAt + 1 + i] = static_cast<uint32_t>(below(random, kVocab));
  training_params(random, words.data());
  Bytes bytes(words.size() * 4);
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

}  // namespace fuzz
