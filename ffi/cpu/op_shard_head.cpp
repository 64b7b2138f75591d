// The output head of a device that has some columns of the vocabulary: what it tells the others.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "bf16.h"
#include "head_request.h"
#include "record_op.h"

namespace dllm {
namespace {

constexpr float kBarred = -std::numeric_limits<float>::infinity();

// What both records have in common: logits, the table of requests, barred columns.
template <class Payload>
class ShardHead : public RecordOp<Payload> {
 public:
  explicit ShardHead(Record& record) : RecordOp<Payload>(record) {
    site_.want_positive("columns", p_.columns);
    site_.want_positive("max_requests", p_.max_requests);
    logits_ = record.read("logits", p_.logits, {p_.max_requests, p_.columns, p_.stride});
    record.words("requests_at", p_.requests_at, 1 + uint64_t{DLLM_REQUEST_WORDS} * p_.max_requests);
    record.words("barred_at", p_.barred_at, 1);
  }

  // Each thread prepares a row of logits in memory of its own.
  uint64_t check(const Words& words, const Device& device) const override {
    const uint32_t requests = site_.count(words, "requests_at", p_.requests_at, p_.max_requests);
    for (uint32_t r = 0; r < requests; ++r) check_confidence(site_, r, read_request(words, p_.requests_at, r));
    check_barred(site_, words, p_.barred_at, {"column", "columns", p_.columns});
    return uint64_t{device.pool.size()} * p_.columns * sizeof(float);
  }

 protected:
  // f(request, row): `row` the request's logits, rounded and barred.
  template <class F>
  void for_requests(const Words& words, const Engine& engine, F&& f) const {
    const uint32_t requests = words[p_.requests_at];
    for (uint32_t r = 0; r < requests; ++r) require_finite(words, r);
    engine.pool.parallel_for(requests, [&](int64_t r, unsigned worker) noexcept {
      float* const row = reinterpret_cast<float*>(engine.scratch) + uint64_t{worker} * p_.columns;
      prepare(words, static_cast<uint32_t>(r), row);
      f(static_cast<uint32_t>(r), row);
    });
  }

  SamplingOptions options(const Words& words, uint32_t request) const { return read_request(words, p_.requests_at, request).options; }

  using RecordOp<Payload>::site_;
  using RecordOp<Payload>::p_;

 private:
  // After rounding, which carries the largest numbers to infinity.
  void require_finite(const Words& words, uint32_t request) const {
    const float* const row = logits_ + uint64_t{request} * p_.stride;
    const bool rounded = options(words, request).bf16;
    if (std::all_of(row, row + p_.columns, [&](float x) { return std::isfinite(rounded ? round_to_bf16(x) : x); })) return;
    site_.fail(DLLM_NUMERIC, format("request %u: its logits hold NaN or infinity; look for overflow in the hidden states", request));
  }

  void prepare(const Words& words, uint32_t request, float* row) const {
    std::memcpy(row, logits_ + uint64_t{request} * p_.stride, p_.columns * sizeof(float));
    if (options(words, request).bf16) std::transform(row, row + p_.columns, row, round_to_bf16);
    for (uint32_t i = 0; i < words[p_.barred_at]; ++i) row[words[uint64_t{p_.barred_at} + 1 + i]] = kBarred;
  }

  const float* logits_;
};

class ShardSums : public ShardHead<dllm_shard_sums> {
 public:
  explicit ShardSums(Record& record) : ShardHead(record) {
    constexpr uint64_t kBytes = 2 * sizeof(double);
    out_ = record.bytes("out", p_.out, {p_.max_requests, kBytes, kBytes}, true);
    record.check_overlaps();
  }

  void run(const Words& words, const Engine& engine) const override {
    for_requests(words, engine, [&](uint32_t request, const float* row) noexcept {
      const float largest = *std::max_element(row, row + p_.columns);
      double sum = 0;
      for (uint32_t i = 0; largest > kBarred && i < p_.columns; ++i) {
        sum += std::exp(static_cast<double>(row[i]) - static_cast<double>(largest));
      }
      const double result[2] = {static_cast<double>(largest), sum};
      std::memcpy(out_ + request * sizeof result, result, sizeof result);
    });
  }

 private:
  unsigned char* out_;
};

class ShardWinners : public ShardHead<dllm_shard_winners> {
 public:
  explicit ShardWinners(Record& record) : ShardHead(record) {
    sums_ = record.bytes("sums", p_.sums, {p_.max_requests, kSums, kSums}, false);
    out_ = record.bytes("out", p_.out, {p_.max_requests, kWinners, kWinners}, true);
    record.check_overlaps();
  }

  void run(const Words& words, const Engine& engine) const override {
    for (uint32_t r = 0; r < words[p_.requests_at]; ++r) require_sums(r);
    for_requests(words, engine, [&](uint32_t request, const float* row) noexcept {
      const SamplingOptions asked = options(words, request);
      const double epsilon = static_cast<double>(asked.epsilon);
      if (asked.bf16) {
        winners(request, row, epsilon, [](double x) { return round_to_bf16(static_cast<float>(x)); });
      } else {
        winners(request, row, epsilon, [](double x) { return static_cast<float>(x); });
      }
    });
    for (uint32_t r = 0; r < words[p_.requests_at]; ++r) require_probability(r);
  }

 private:
  struct Sums {
    double largest, sum;
  };
  static constexpr uint64_t kSums = sizeof(Sums), kWinners = 5 * sizeof(double);

  Sums sums(uint32_t request) const {
    Sums value;
    std::memcpy(&value, sums_ + request * sizeof value, sizeof value);
    return value;
  }

  void require_sums(uint32_t request) const {
    const Sums given = sums(request);
    if (std::isfinite(given.largest) && std::isfinite(given.sum) && given.sum > 0) return;
    site_.fail(DLLM_NUMERIC, format("request %u: sums are %g and %g, wanted a finite logit and a sum above 0", request, given.largest,
                                    given.sum));
  }

  // Sums that are not this row's too give more.
  void require_probability(uint32_t request) const {
    double largest;
    std::memcpy(&largest, out_ + request * kWinners, sizeof largest);
    if (largest <= 1) return;
    site_.fail(DLLM_NUMERIC, format("request %u: a probability is %g, wanted at most 1; pass the sums of all shards together", request,
                                    largest));
  }

  template <class Round>
  void winners(uint32_t request, const float* row, double epsilon, Round round) const {
    const Sums total = sums(request);
    double first = -1, column = 0, second = 0, neg_entropy = 0, mass = 0;
    for (uint32_t i = 0; i < p_.columns; ++i) {
      const double p = static_cast<double>(round(std::exp(static_cast<double>(row[i]) - total.largest) / total.sum));
      if (p > first) {
        second = std::max(first, 0.0);
        first = p;
        column = i;
      } else if (p > second) {
        second = p;
      }
      mass += p;
      if (p == 0) continue;
      const double log = static_cast<double>(round(std::log(static_cast<double>(round(p + epsilon)))));
      neg_entropy += static_cast<double>(round(p * log));
    }
    const double result[5] = {first, column, second, neg_entropy, mass};
    std::memcpy(out_ + request * sizeof result, result, sizeof result);
  }

  const unsigned char* sums_;
  unsigned char* out_;
};

}  // namespace

std::unique_ptr<Op> record_shard_sums(Record& record) { return std::make_unique<ShardSums>(record); }
std::unique_ptr<Op> record_shard_winners(Record& record) { return std::make_unique<ShardWinners>(record); }

}  // namespace dllm
