#include <cmath>

#include "gemm/weight_grad.h"
#include "record.h"

namespace dllm {
namespace {

class MatmulGrad : public Op {
 public:
  explicit MatmulGrad(Record& record) : site_(record.site()), p_(record.payload<dllm_matmul_grad>()) {
    site_.want(p_.n >= 1, "n", p_.n, "at least 1");
    site_.want(p_.k >= 1, "k", p_.k, "at least 1");
    site_.want(p_.max_rows >= 1, "max_rows", p_.max_rows, "at least 1");
    site_.want(p_.dtype == DLLM_F32 || p_.dtype == DLLM_BF16, "dtype", p_.dtype, "DLLM_F32 or DLLM_BF16");
    if (!std::isfinite(p_.scale)) site_.fail(DLLM_BAD_COMMAND, format("scale is %g, wanted a finite number", static_cast<double>(p_.scale)));
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
    record.words("rows_at", p_.rows_at, 1);
  }

  uint64_t check(const Words& words, const Device&) const override {
    site_.count(words, "rows_at", p_.rows_at, p_.max_rows);
    return 0;
  }

  void run(const Words& words, const Engine& engine) const override {
    WeightGradArgs args = args_;
    args.rows = words[p_.rows_at];
    if (args.rows != 0) weight_grad(engine.pool, engine.isa, args);
  }

 private:
  Site site_;
  dllm_matmul_grad p_;
  WeightGradArgs args_{};
};

}  // namespace

std::unique_ptr<Op> record_matmul_grad(Record& record) { return std::make_unique<MatmulGrad>(record); }

}  // namespace dllm
