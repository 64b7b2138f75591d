#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "head_request.h"
#include "record_op.h"

namespace dllm {
namespace {

using ull = unsigned long long;

// Requests go through the output head in chunks of about equal size: at most so many, or as many as have so few logits.
constexpr uint32_t kChunk = 64;
constexpr uint32_t kChunkLogits = 1u << 20;

class Head : public RecordOp<dllm_head> {
 public:
  explicit Head(Record& record) : RecordOp(record) {
    weight_ = &record.weight("weight", p_.weight);
    site_.want(p_.vocab >= 1 && p_.vocab <= INT32_MAX && p_.vocab == weight_->n(), "vocab", p_.vocab, "the weight's rows");
    site_.want_positive("max_rows", p_.max_rows);
    site_.want_positive("max_requests", p_.max_requests);
    site_.want(p_.top_count <= p_.vocab, "top_count", p_.top_count, "at most vocab");
    const uint64_t width = static_cast<uint64_t>(weight_->k());
    hidden_ = record.read("hidden", p_.hidden, {p_.max_rows, width, p_.hidden_stride});
    if (p_.boundary_rows != 0) boundary_ = record.read("boundary", p_.boundary, {p_.boundary_rows, width, width});
    const uint64_t sample_words = sizeof(Sample) / sizeof(float);
    samples_ = reinterpret_cast<Sample*>(record.write("out", p_.out, {p_.max_requests, sample_words, sample_words}));
    if (p_.top_count != 0) {
      const uint64_t words = uint64_t{p_.top_count} * (sizeof(RankedToken) / sizeof(float));
      top_ = reinterpret_cast<RankedToken*>(record.write("top", p_.top, {p_.max_requests, words, words}));
    }
    if (p_.logits.buffer != 0) logits_ = record.write("logits", p_.logits, {p_.max_requests, p_.vocab, p_.vocab});
    record.check_overlaps();
    record.words("requests_at", p_.requests_at, 1 + uint64_t{DLLM_REQUEST_WORDS} * p_.max_requests);
    record.words("barred_at", p_.barred_at, 1);
  }

  uint64_t check(const Words& words, const Device& device) const override {
    const uint32_t requests = site_.count(words, "requests_at", p_.requests_at, p_.max_requests);
    for (uint32_t i = 0; i < requests; ++i) check_request(i, read_request(words, p_.requests_at, i));
    check_barred(site_, words, p_.barred_at, {"id", "vocab", p_.vocab});
    check_free(words);
    return layout(requests, device.pool.size()).bytes;
  }

  void run(const Words& words, const Engine& engine) const override {
    const uint32_t requests = words[p_.requests_at];
    if (requests == 0) return;
    const Layout memory = layout(requests, engine.pool.size());
    prepare(words, engine, requests, engine.scratch + memory.mask);
    const uint32_t step = chunk(requests);
    for (uint32_t begin = 0; begin < requests; begin += step) {
      run_chunk(words, engine, memory, begin, std::min(step, requests - begin));
    }
  }

 private:
  // Offsets into the scratch memory.
  struct Layout {
    uint64_t rows, logits, mask, samplers, sampler_bytes, bytes;
  };

  uint32_t chunk(uint32_t requests) const {
    const uint32_t most = std::max(kChunk, kChunkLogits / p_.vocab);
    const uint32_t chunks = requests / most + (requests % most != 0 ? 1 : 0);
    return chunks == 0 ? 0 : requests / chunks + (requests % chunks != 0 ? 1 : 0);
  }

  Layout layout(uint32_t requests, unsigned workers) const {
    const uint64_t rows = chunk(requests);
    const uint64_t row_bytes = aligned(rows * static_cast<uint64_t>(weight_->k()) * sizeof(float));
    const uint64_t logit_bytes = logits_ != nullptr ? 0 : aligned(rows * p_.vocab * sizeof(float));
    const uint64_t sampler_bytes = sampling_scratch(p_.vocab);
    Layout at{0, row_bytes, row_bytes + logit_bytes, 0, sampler_bytes, 0};
    at.samplers = at.mask + aligned(p_.vocab);
    at.bytes = at.samplers + sampler_bytes * workers;
    return at;
  }

  void check_request(uint32_t index, const HeadRequest& request) const {
    const int64_t row = request.row;
    const SamplingOptions& o = request.options;
    const auto refuse = [&](const char* what, double given, const std::string& wanted) {
      refuse_request(site_, index, what, given, wanted);
    };
    if (row >= p_.max_rows) refuse("row", static_cast<double>(row), format("below max_rows %u", p_.max_rows));
    if (-1 - row >= p_.boundary_rows) {
      refuse("row", static_cast<double>(row), format("at least -%u (boundary_rows)", p_.boundary_rows));
    }
    check_confidence(site_, index, request);
    if (!(std::isfinite(o.temperature) && o.temperature >= 0)) {
      refuse("temperature", static_cast<double>(o.temperature), "a finite number of at least 0");
    }
    if (!(o.top_p >= 0)) refuse("top_p", static_cast<double>(o.top_p), "at least 0 (1 or more for no filter)");
    if (o.top_k < 0) refuse("top_k", o.top_k, "at least 0 (0 for no filter)");
    if (o.temperature > 0 && !(o.uniform >= 0 && o.uniform < 1)) refuse("uniform", o.uniform, "0 up to but not 1");
  }

  // One id at least must be free.
  void check_free(const Words& words) const {
    std::vector<bool> barred(p_.vocab);
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < words[p_.barred_at]; ++i) {
      const uint32_t id = words[uint64_t{p_.barred_at} + 1 + i];
      if (!barred[id]) ++distinct;
      barred[id] = true;
    }
    if (distinct == p_.vocab) site_.fail(DLLM_BAD_COMMAND, format("all %u ids are barred, wanted at least one free", distinct));
  }

  // Marks the barred ids and makes the table of entropies of the first request that needs one.
  void prepare(const Words& words, const Engine& engine, uint32_t requests, unsigned char* mask) const {
    std::memset(mask, 0, p_.vocab);
    for (uint32_t i = 0; i < words[p_.barred_at]; ++i) mask[words[uint64_t{p_.barred_at} + 1 + i]] = 1;
    for (uint32_t i = 0; i < requests; ++i) {
      const HeadRequest request = read_request(words, p_.requests_at, i);
      if (request.options.bf16) return engine.entropies.prepare(request.options.epsilon);
    }
  }

  void run_chunk(const Words& words, const Engine& engine, const Layout& memory, uint32_t begin, uint32_t count) const {
    float* const rows = reinterpret_cast<float*>(engine.scratch + memory.rows);
    float* const logits = logits_ != nullptr ? logits_ + uint64_t{begin} * p_.vocab
                                             : reinterpret_cast<float*>(engine.scratch + memory.logits);
    const int64_t width = weight_->k();
    for (uint32_t i = 0; i < count; ++i) {
      const int64_t row = read_request(words, p_.requests_at, begin + i).row;
      const float* const source = row >= 0 ? hidden_ + row * p_.hidden_stride : boundary_ + (-1 - row) * width;
      std::memcpy(rows + i * width, source, static_cast<size_t>(width) * sizeof(float));
    }
    gemm(engine.pool, engine.isa, {rows, width, weight_, nullptr, nullptr, 0, logits, p_.vocab, count, p_.vocab, false});

    std::atomic<uint64_t> first_failure{UINT64_MAX};  // request * 4 + SamplingResult
    engine.pool.parallel_for(count, [&](int64_t i, unsigned worker) noexcept {
      const uint64_t request = begin + static_cast<uint64_t>(i);
      const SamplingRow row{logits + i * p_.vocab, p_.vocab, words.at(uint64_t{p_.barred_at} + 1), words[p_.barred_at],
                            engine.scratch + memory.mask, top_ + request * p_.top_count, p_.top_count};
      const SamplingOptions options = read_request(words, p_.requests_at, static_cast<uint32_t>(request)).options;
      const SamplingResult result = sample_row(engine.ops, engine.entropies, options, row,
                                               engine.scratch + memory.samplers + memory.sampler_bytes * worker, &samples_[request]);
      if (result == SamplingResult::kDone) return;
      const uint64_t failure = request * 4 + static_cast<uint64_t>(result);
      uint64_t seen = first_failure.load();
      while (failure < seen && !first_failure.compare_exchange_weak(seen, failure)) {
      }
    });
    report(first_failure.load());
  }

  void report(uint64_t failure) const {
    if (failure == UINT64_MAX) return;
    const ull request = failure / 4;
    if (failure % 4 == static_cast<uint64_t>(SamplingResult::kTemperatureOverflow)) {
      site_.fail(DLLM_NUMERIC, format("request %llu: the logits divided by its temperature overflow; use a larger temperature", request));
    }
    site_.fail(DLLM_NUMERIC, format("request %llu: its logits hold NaN or infinity; look for overflow in the hidden states", request));
  }

  const PackedWeight* weight_;
  const float* hidden_;
  const float* boundary_ = nullptr;
  Sample* samples_;
  RankedToken* top_ = nullptr;
  float* logits_ = nullptr;
};

}  // namespace

std::unique_ptr<Op> record_head(Record& record) { return std::make_unique<Head>(record); }

}  // namespace dllm
