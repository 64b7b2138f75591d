#include "record_op.h"

namespace dllm {
namespace {

class Embed : public RowsOp<dllm_embed> {
 public:
  explicit Embed(Record& record) : RowsOp(record) {
    weight_ = &record.weight("weight", p_.weight);
    out_ = record.write("out", p_.out, {p_.max_rows, static_cast<uint64_t>(weight_->k()), p_.out_stride});
    record.words("tokens_at", p_.tokens_at, p_.max_rows);
  }

  uint64_t check(const Words& words, const Device&) const override {
    const uint32_t rows = checked_rows(words);
    for (uint32_t i = 0; i < rows; ++i) {
      const int64_t token = static_cast<int32_t>(words[uint64_t{p_.tokens_at} + i]);
      if (token >= 0 && token < weight_->n()) continue;
      site_.fail(DLLM_BAD_COMMAND, format("token %u is %lld, wanted 0 to %lld (the weight's rows)", i, static_cast<long long>(token),
                                          static_cast<long long>(weight_->n() - 1)));
    }
    return 0;
  }

  void run(const Words& words, const Engine& engine) const override {
    engine.pool.parallel_for(words[p_.rows_at], [&](int64_t i) noexcept {
      weight_->read_row(words[p_.tokens_at + static_cast<uint64_t>(i)], out_ + i * p_.out_stride);
    });
  }

 private:
  const PackedWeight* weight_;
  float* out_;
};

}  // namespace

std::unique_ptr<Op> record_embed(Record& record) { return std::make_unique<Embed>(record); }

}  // namespace dllm
