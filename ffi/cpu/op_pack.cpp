
#include "gemm/pack_matrix.h"
#include "record_op.h"

namespace dllm {
namespace {

class Pack : public RecordOp<dllm_pack> {
 public:
  explicit Pack(Record& record) : RecordOp(record) {
    site_.want(p_.transpose <= 1, "transpose", p_.transpose, "0 or 1");
    site_.want_finite("scale", p_.scale);
    weight_ = &record.written_weight("weight", p_.weight);
    site_.want(p_.rows == (p_.transpose ? weight_->k() : weight_->n()), "rows", p_.rows,
               p_.transpose ? "the weight's columns" : "the weight's rows");
    site_.want(p_.cols == (p_.transpose ? weight_->n() : weight_->k()), "cols", p_.cols,
               p_.transpose ? "the weight's rows" : "the weight's columns");
    src_ = {record.read("src", p_.src, {p_.rows, p_.cols, p_.src_stride}), p_.rows, p_.cols, p_.src_stride};
    record.check_overlaps();
  }

  void run(const Words&, const Engine& engine) const override {
    Entry bad{};
    if (pack_matrix(engine.pool, src_, p_.transpose == 1, p_.scale, *weight_, bad)) return;
    const double value = static_cast<double>(src_.data[bad.row * src_.stride + bad.col]);
    site_.fail(DLLM_NUMERIC, format("src row %lld, column %lld is %g, times scale %g not finite in the weight's type; the weight is "
                                    "written in part, go back to finite masters",
                                    static_cast<long long>(bad.row), static_cast<long long>(bad.col), value, static_cast<double>(p_.scale)));
  }

 private:
  PackedWeight* weight_;
  PlainMatrix src_{};
};

}  // namespace

std::unique_ptr<Op> record_pack(Record& record) { return std::make_unique<Pack>(record); }

}  // namespace dllm
