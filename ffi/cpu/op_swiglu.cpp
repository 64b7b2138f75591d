#include "record_op.h"

namespace dllm {
namespace {

class Swiglu : public RowsOp<dllm_swiglu> {
 public:
  explicit Swiglu(Record& record) : RowsOp(record) {
    site_.want_positive("width", p_.width);
    in_ = record.read("in", p_.in, {p_.max_rows, 2 * uint64_t{p_.width}, p_.in_stride});
    out_ = record.write("out", p_.out, {p_.max_rows, p_.width, p_.out_stride});
    record.check_overlaps();
  }

  void run(const Words& words, const Engine& engine) const override {
    engine.pool.parallel_for(words[p_.rows_at], [&](int64_t row) noexcept {
      const float* const in = in_ + row * p_.in_stride;
      engine.ops.swiglu(in, in + p_.width, out_ + row * p_.out_stride, p_.width);
    });
  }

 private:
  const float* in_;
  float* out_;
};

class SwigluGrad : public RowsOp<dllm_swiglu_grad> {
 public:
  explicit SwigluGrad(Record& record) : RowsOp(record) {
    site_.want_positive("width", p_.width);
    const uint64_t both = 2 * uint64_t{p_.width};
    in_ = record.read("in", p_.in, {p_.max_rows, both, p_.in_stride});
    dout_ = record.read("dout", p_.dout, {p_.max_rows, p_.width, p_.dout_stride});
    din_ = record.write("din", p_.din, {p_.max_rows, both, p_.din_stride});
    record.may_equal("in", "din");
    record.check_overlaps();
  }

  void run(const Words& words, const Engine& engine) const override {
    engine.pool.parallel_for(words[p_.rows_at], [&](int64_t row) noexcept {
      const float* const in = in_ + row * p_.in_stride;
      float* const din = din_ + row * p_.din_stride;
      engine.ops.swiglu_grad(in, in + p_.width, dout_ + row * p_.dout_stride, din, din + p_.width, p_.width);
    });
  }

 private:
  const float* in_;
  const float* dout_;
  float* din_;
};

}  // namespace

std::unique_ptr<Op> record_swiglu(Record& record) { return std::make_unique<Swiglu>(record); }
std::unique_ptr<Op> record_swiglu_grad(Record& record) { return std::make_unique<SwigluGrad>(record); }

}  // namespace dllm
