#include "record_op.h"

namespace dllm {
namespace {

class Matmul : public RowsOp<dllm_matmul> {
 public:
  explicit Matmul(Record& record) : RowsOp(record) {
    const PackedWeight& weight = record.weight("weight", p_.weight);
    const bool swiglu = p_.epilogue == DLLM_EPILOGUE_SWIGLU;
    site_.want(swiglu || p_.epilogue == DLLM_EPILOGUE_NONE, "epilogue", p_.epilogue, "DLLM_EPILOGUE_NONE or _SWIGLU");
    if (swiglu) check_swiglu(weight);
    const int64_t columns = swiglu ? weight.n() / 2 : weight.n();
    site_.want(p_.out_cols >= 1 && p_.out_cols <= columns, "out_cols", p_.out_cols,
               swiglu ? "1 to half the weight's rows" : "1 to the weight's rows");

    const Rows out{p_.max_rows, p_.out_cols, p_.out_stride};
    args_.weight = &weight;
    args_.swiglu = swiglu;
    args_.out_cols = p_.out_cols;
    args_.in = record.read("in", p_.in, {p_.max_rows, static_cast<uint64_t>(weight.k()), p_.in_stride});
    args_.in_stride = p_.in_stride;
    args_.out = record.write("out", p_.out, out);
    args_.out_stride = p_.out_stride;
    const uint64_t n = static_cast<uint64_t>(weight.n());
    if (p_.bias.buffer != 0) args_.bias = record.read("bias", p_.bias, {1, n, n});
    if (p_.residual.buffer != 0) {
      args_.residual = record.read("residual", p_.residual, {p_.max_rows, p_.out_cols, p_.residual_stride});
      args_.residual_stride = p_.residual_stride;
      record.may_equal("residual", "out");
    }
    record.check_overlaps();
  }

  void run(const Words& words, const Engine& engine) const override {
    GemmArgs args = args_;
    args.rows = words[p_.rows_at];
    if (args.rows != 0) gemm(engine.pool, engine.isa, args);
  }

 private:
  void check_swiglu(const PackedWeight& weight) const {
    site_.want(weight.n() % 32 == 0, "rows of the weight", weight.n(), "a multiple of 32 for SWIGLU");
    if (p_.bias.buffer != 0 || p_.residual.buffer != 0) {
      site_.fail(DLLM_BAD_COMMAND, "bias or residual is given, wanted both absent (buffer 0) for SWIGLU");
    }
  }

  GemmArgs args_{};
};

}  // namespace

std::unique_ptr<Op> record_matmul(Record& record) { return std::make_unique<Matmul>(record); }

}  // namespace dllm
