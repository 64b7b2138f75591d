
#include "gemm/weight_grad.h"
#include "record_op.h"

namespace dllm {
namespace {

class MatmulGrad : public RowsOp<dllm_matmul_grad> {
 public:
  explicit MatmulGrad(Record& record) : RowsOp(record) {
    site_.want_positive("n", p_.n);
    site_.want_positive("k", p_.k);
    site_.want(p_.dtype == DLLM_F32 || p_.dtype == DLLM_BF16, "dtype", p_.dtype, "DLLM_F32 or DLLM_BF16");
    site_.want_finite("scale", p_.scale);
    args_.dout = record.read("dout", p_.dout, {p_.max_rows, p_.n, p_.dout_stride});
    args_.dout_stride = p_.dout_stride;
    args_.in = record.read("in", p_.in, {p_.max_rows, p_.k, p_.in_stride});
    args_.in_stride = p_.in_stride;
    args_.dweight = record.write("dweight", p_.dweight, {p_.n, p_.k, p_.k});
    if (p_.dbias.buffer != 0) args_.dbias = record.write("dbias", p_.dbias, {1, p_.n, p_.n});
    args_.n = p_.n;
    args_.k = p_.k;
    args_.scale = p_.scale;
    args_.bf16 = p_.dtype == DLLM_BF16;
    record.check_overlaps();
  }

  void run(const Words& words, const Engine& engine) const override {
    WeightGradArgs args = args_;
    args.rows = words[p_.rows_at];
    if (args.rows != 0) weight_grad(engine.pool, engine.isa, args);
  }

 private:
  WeightGradArgs args_{};
};

}  // namespace

std::unique_ptr<Op> record_matmul_grad(Record& record) { return std::make_unique<MatmulGrad>(record); }

}  // namespace dllm
