#include <algorithm>

#include "record_op.h"

namespace dllm {
namespace {

constexpr uint32_t kSkipNone = 0xffffffffu;
// Columns of one task; within it, rows in order.
constexpr int64_t kColumns = 32;

class EmbedGrad : public RowsOp<dllm_embed_grad> {
 public:
  explicit EmbedGrad(Record& record) : RowsOp(record) {
    site_.want_positive("vocab", p_.vocab);
    site_.want_positive("k", p_.k);
    site_.want(p_.skip < p_.vocab || p_.skip == kSkipNone, "skip", p_.skip, "a token below vocab, or 0xffffffff for none");
    dout_ = record.read("dout", p_.dout, {p_.max_rows, p_.k, p_.dout_stride});
    dtable_ = record.write("dtable", p_.dtable, {p_.vocab, p_.k, p_.k});
    record.check_overlaps();
    record.words("tokens_at", p_.tokens_at, p_.max_rows);
  }

  uint64_t check(const Words& words, const Device&) const override {
    const uint32_t rows = checked_rows(words);
    for (uint32_t i = 0; i < rows; ++i) {
      const uint32_t token = words[uint64_t{p_.tokens_at} + i];
      if (token < p_.vocab) continue;
      site_.fail(DLLM_BAD_COMMAND, format("token %u is %d, wanted 0 to %u (the table's rows)", i, static_cast<int32_t>(token),
                                          p_.vocab - 1));
    }
    return 0;
  }

  void run(const Words& words, const Engine& engine) const override {
    const int64_t width = p_.k;
    const int64_t rows = words[p_.rows_at];
    engine.pool.parallel_for((width + kColumns - 1) / kColumns, [&](int64_t block) noexcept {
      const int64_t begin = block * kColumns;
      const int64_t columns = std::min(kColumns, width - begin);
      for (int64_t row = 0; row < rows; ++row) {
        const uint32_t token = words[p_.tokens_at + static_cast<uint64_t>(row)];
        if (token == p_.skip) continue;
        const float* const dout = dout_ + row * p_.dout_stride + begin;
        float* const sums = dtable_ + token * width + begin;
        for (int64_t i = 0; i < columns; ++i) sums[i] += dout[i];
      }
    });
  }

 private:
  const float* dout_;
  float* dtable_;
};

}  // namespace

std::unique_ptr<Op> record_embed_grad(Record& record) { return std::make_unique<EmbedGrad>(record); }

}  // namespace dllm
