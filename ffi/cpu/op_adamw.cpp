#include <algorithm>
#include <cmath>

#include "chunks.h"
#include "record_op.h"
#include "training_kernels.h"

namespace dllm {
namespace {

// The words of an update, in their order.
struct AdamwWords {
  float rate, beta1, beta2, epsilon, correction1, correction2, norm_limit;
};
static_assert(sizeof(AdamwWords) == DLLM_ADAMW_WORDS * sizeof(uint32_t));

AdamwWords read_words(const Words& words, uint64_t at) {
  AdamwWords values;
  std::memcpy(&values, words.at(at), sizeof values);
  return values;
}

class Adamw : public RecordOp<dllm_adamw> {
 public:
  explicit Adamw(Record& record) : RecordOp(record) {
    want_elements(site_, p_.count);
    site_.want_not_negative("decay", p_.decay);
    const Rows elements{1, p_.count, p_.count};
    param_ = record.write("param", p_.param, elements);
    grad_ = record.read("grad", p_.grad, elements);
    moment1_ = record.write("moment1", p_.moment1, elements);
    moment2_ = record.write("moment2", p_.moment2, elements);
    norm_squared_ = record.bytes("norm_squared", p_.norm_squared, {1, sizeof(double), sizeof(double)}, false);
    record.check_overlaps();
    record.words("words_at", p_.words_at, DLLM_ADAMW_WORDS);
  }

  uint64_t check(const Words& words, const Device&) const override {
    const AdamwWords w = read_words(words, p_.words_at);
    const auto want = [&](bool holds, uint32_t index, const char* what, float given, const char* wanted) {
      if (holds) return;
      site_.fail(DLLM_BAD_COMMAND,
                 format("word[%u] (%s) is %g, wanted %s", p_.words_at + index, what, static_cast<double>(given), wanted));
    };
    want(std::isfinite(w.rate) && w.rate >= 0, 0, "learning rate", w.rate, "a finite number of at least 0");
    want(w.beta1 >= 0 && w.beta1 < 1, 1, "beta1", w.beta1, "0 up to but not 1");
    want(w.beta2 >= 0 && w.beta2 < 1, 2, "beta2", w.beta2, "0 up to but not 1");
    want(std::isfinite(w.epsilon) && w.epsilon > 0, 3, "epsilon", w.epsilon, "a finite number above 0");
    want(w.correction1 > 0 && w.correction1 <= 1, 4, "1 - beta1^t", w.correction1, "above 0 and at most 1");
    want(w.correction2 > 0 && w.correction2 <= 1, 5, "1 - beta2^t", w.correction2, "above 0 and at most 1");
    want(std::isfinite(w.norm_limit) && w.norm_limit >= 0, 6, "norm limit", w.norm_limit, "a finite number of at least 0 (0: no clipping)");
    return 0;
  }

  void run(const Words& words, const Engine& engine) const override {
    const TrainingKernels& kernels = training_kernels(engine.isa);
    const AdamwFactors factors = make_factors(read_words(words, p_.words_at));
    for_chunks(engine.pool, p_.count, [&](int64_t, uint64_t begin, int64_t n) noexcept {
      kernels.adamw(factors, grad_ + begin, param_ + begin, moment1_ + begin, moment2_ + begin, n);
    });
  }

 private:
  AdamwFactors make_factors(const AdamwWords& w) const {
    double norm_squared;
    std::memcpy(&norm_squared, norm_squared_, sizeof norm_squared);
    if (!(std::isfinite(norm_squared) && norm_squared >= 0)) {
      site_.fail(DLLM_NUMERIC, format("the squared gradient norm is %g, wanted a finite number of at least 0; the step is not taken",
                                      norm_squared));
    }
    const double limit = static_cast<double>(w.norm_limit);
    const double clip = limit == 0 ? 1 : std::min(1.0, limit / (std::sqrt(norm_squared) + 1e-6));
    const double rate = static_cast<double>(w.rate);
    return {static_cast<float>(clip),
            static_cast<float>(rate * static_cast<double>(p_.decay)),
            w.beta1,
            1 - w.beta1,
            w.beta2,
            1 - w.beta2,
            static_cast<float>(rate / static_cast<double>(w.correction1)),
            static_cast<float>(std::sqrt(static_cast<double>(w.correction2))),
            w.epsilon};
  }

  float* param_;
  const float* grad_;
  float* moment1_;
  float* moment2_;
  const unsigned char* norm_squared_;
};

}  // namespace

std::unique_ptr<Op> record_adamw(Record& record) { return std::make_unique<Adamw>(record); }

}  // namespace dllm
