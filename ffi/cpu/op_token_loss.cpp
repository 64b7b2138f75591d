#include <algorithm>
#include <atomic>
#include <cmath>

#include "record_op.h"
#include "token_loss.h"

namespace dllm {
namespace {

constexpr uint32_t kNoGroup = 0xffffffffu;
constexpr float kLeastTemperature = 1e-6f;
constexpr float kMostTemperature = 1e6f;

// One entry of the table.
struct LossRow {
  uint32_t target;
  float hard_weight, soft_weight;
  uint32_t group;
};
static_assert(sizeof(LossRow) == DLLM_LOSS_WORDS * sizeof(uint32_t));

LossRow read_row(const Words& words, uint32_t rows_at, uint64_t row) {
  LossRow entry;
  std::memcpy(&entry, words.at(uint64_t{rows_at} + 1 + DLLM_LOSS_WORDS * row), sizeof entry);
  return entry;
}

// A certainty group.
struct LossGroup {
  uint32_t correct;  // how many of its rows are
  float row_weight;  // of each of them
};

// The first pass finds the largest logits and, with them, which rows are correct and what a group's rows weigh; the second
// makes losses and gradients.
class TokenLoss : public RecordOp<dllm_token_loss> {
 public:
  explicit TokenLoss(Record& record) : RecordOp(record) {
    site_.want_positive("max_rows", p_.max_rows);
    site_.want_positive("vocab", p_.vocab);
    site_.want((p_.flags & ~static_cast<uint32_t>(DLLM_LOSS_REVERSE_KL)) == 0, "flags", p_.flags, "DLLM_LOSS_* bits");
    if (!(p_.temperature >= kLeastTemperature && p_.temperature <= kMostTemperature)) {
      site_.fail(DLLM_BAD_COMMAND, format("temperature is %g, wanted 1e-6 to 1e6", static_cast<double>(p_.temperature)));
    }
    logits_ = record.read("logits", p_.logits, {p_.max_rows, p_.vocab, p_.logits_stride});
    if (p_.teacher.buffer != 0) teacher_ = record.read("teacher", p_.teacher, {p_.max_rows, p_.vocab, p_.teacher_stride});
    dlogits_ = record.write("dlogits", p_.dlogits, {p_.max_rows, p_.vocab, p_.dlogits_stride});
    const uint64_t result_words = sizeof(TokenLossResult) / sizeof(float);
    results_ = reinterpret_cast<TokenLossResult*>(record.write("out", p_.out, {p_.max_rows, result_words, result_words}));
    record.may_equal("logits", "dlogits");
    record.check_overlaps();
    record.words("rows_at", p_.rows_at, 1 + uint64_t{DLLM_LOSS_WORDS} * p_.max_rows);
    record.words("groups_at", p_.groups_at, 1 + uint64_t{p_.max_groups});
  }

  uint64_t check(const Words& words, const Device& device) const override {
    const uint32_t groups = site_.count(words, "groups_at", p_.groups_at, p_.max_groups);
    const uint32_t rows = site_.count(words, "rows_at", p_.rows_at, p_.max_rows);
    for (uint32_t group = 0; group < groups; ++group) {
      const double weight = static_cast<double>(words.real(uint64_t{p_.groups_at} + 1 + group));
      if (!std::isfinite(weight)) site_.fail(DLLM_BAD_COMMAND, format("group %u: weight is %g, wanted a finite number", group, weight));
    }
    for (uint32_t row = 0; row < rows; ++row) check_row(row, read_row(words, p_.rows_at, row), groups);
    return layout(rows, groups, device.pool.size()).bytes;
  }

  void run(const Words& words, const Engine& engine) const override {
    const uint32_t rows = words[p_.rows_at];
    if (rows == 0) return;
    const uint32_t groups = words[p_.groups_at];
    const Layout memory = layout(rows, groups, engine.pool.size());
    TokenLossPeaks* const peaks = reinterpret_cast<TokenLossPeaks*>(engine.scratch);
    LossGroup* const shares = reinterpret_cast<LossGroup*>(engine.scratch + memory.groups);
    const TrainingKernels& kernels = training_kernels(engine.isa);
    for_rows(engine, rows, "its logits or its teacher's hold NaN or infinity; look for overflow in the hidden states",
             [&](int64_t row, unsigned) noexcept {
               const uint32_t target = read_row(words, p_.rows_at, static_cast<uint64_t>(row)).target;
               return find_peaks(kernels, logits(row), teacher(row), p_.vocab, target, &peaks[row]);
             });
    weigh_groups(words, rows, peaks, shares);
    for_rows(engine, rows, "its loss overflows; look for logits far apart", [&](int64_t row, unsigned worker) noexcept {
      const LossRow entry = read_row(words, p_.rows_at, static_cast<uint64_t>(row));
      const bool certain = entry.group != kNoGroup && peaks[row].correct;
      const TokenLossRow task{logits(row),
                              teacher(row),
                              dlogits_ + row * p_.dlogits_stride,
                              p_.vocab,
                              entry.target,
                              peaks[row],
                              entry.hard_weight,
                              entry.soft_weight,
                              certain ? shares[entry.group].row_weight : 0,
                              p_.temperature,
                              (p_.flags & DLLM_LOSS_REVERSE_KL) != 0};
      float* const scratch = reinterpret_cast<float*>(engine.scratch + memory.workers + memory.worker_bytes * worker);
      return token_loss(kernels, task, scratch, &results_[row]);
    });
  }

 private:
  // Offsets into the scratch memory, which begins with the rows' peaks.
  struct Layout {
    uint64_t groups, workers, worker_bytes, bytes;
  };

  Layout layout(uint32_t rows, uint32_t groups, unsigned workers) const {
    Layout at{aligned(rows * sizeof(TokenLossPeaks)), 0, aligned(token_loss_scratch(p_.vocab) * sizeof(float)), 0};
    at.workers = at.groups + aligned(groups * sizeof(LossGroup));
    at.bytes = at.workers + at.worker_bytes * workers;
    return at;
  }

  const float* logits(int64_t row) const { return logits_ + row * p_.logits_stride; }
  const float* teacher(int64_t row) const { return teacher_ == nullptr ? nullptr : teacher_ + row * p_.teacher_stride; }

  void check_row(uint32_t row, const LossRow& entry, uint32_t groups) const {
    const auto refuse = [&](const char* what, double given, const std::string& wanted) {
      site_.fail(DLLM_BAD_COMMAND, format("row %u: %s is %g, wanted ", row, what, given) + wanted);
    };
    if (entry.target >= p_.vocab) refuse("target", entry.target, format("below vocab %u", p_.vocab));
    if (!std::isfinite(entry.hard_weight)) refuse("hard weight", static_cast<double>(entry.hard_weight), "a finite number");
    if (!std::isfinite(entry.soft_weight)) refuse("soft weight", static_cast<double>(entry.soft_weight), "a finite number");
    if (entry.soft_weight != 0 && teacher_ == nullptr) {
      refuse("soft weight", static_cast<double>(entry.soft_weight), "0 where there is no teacher");
    }
    if (entry.group != kNoGroup && entry.group >= groups) {
      refuse("certainty group", entry.group, format("below the %u groups, or 0xffffffff", groups));
    }
  }

  // Calls f(row, worker) for all rows; fails with the text for the first row for which it is false.
  template <class F>
  void for_rows(const Engine& engine, uint32_t rows, const char* text, F f) const {
    std::atomic<int64_t> first{INT64_MAX};
    engine.pool.parallel_for(rows, [&](int64_t row, unsigned worker) noexcept {
      if (f(row, worker)) return;
      int64_t seen = first.load();
      while (row < seen && !first.compare_exchange_weak(seen, row)) {
      }
    });
    if (first != INT64_MAX) site_.fail(DLLM_NUMERIC, format("row %lld: ", static_cast<long long>(first.load())) + text);
  }

  // A group's weight is shared out evenly to its correct rows.
  void weigh_groups(const Words& words, uint32_t rows, const TokenLossPeaks* peaks, LossGroup* shares) const {
    const uint32_t groups = words[p_.groups_at];
    std::fill_n(shares, groups, LossGroup{0, 0});
    for (uint32_t row = 0; row < rows; ++row) {
      const uint32_t group = read_row(words, p_.rows_at, row).group;
      if (group != kNoGroup && peaks[row].correct) ++shares[group].correct;
    }
    for (uint32_t group = 0; group < groups; ++group) {
      const float weight = words.real(uint64_t{p_.groups_at} + 1 + group);
      if (shares[group].correct != 0) shares[group].row_weight = weight / static_cast<float>(shares[group].correct);
    }
  }

  const float* logits_;
  const float* teacher_ = nullptr;
  float* dlogits_;
  TokenLossResult* results_;
};

}  // namespace

std::unique_ptr<Op> record_token_loss(Record& record) { return std::make_unique<TokenLoss>(record); }

}  // namespace dllm
