#include <algorithm>

#include "gradient_ops.h"
#include "record_op.h"

namespace dllm {
namespace {

// Rows whose share of dgain is summed on its own; these sums are then added in order.
constexpr int64_t kChunkRows = 64;
// Columns of dgain that one task adds up.
constexpr int64_t kColumns = 64;

class RmsNormGrad : public RowsOp<dllm_rms_norm_grad> {
 public:
  explicit RmsNormGrad(Record& record) : RowsOp(record) {
    site_.want_positive("width", p_.width);
    site_.want_not_negative("eps", p_.eps);
    in_ = record.read("in", p_.in, {p_.max_rows, p_.width, p_.in_stride});
    gain_ = record.read("gain", p_.gain, {1, p_.width, p_.width});
    dout_ = record.read("dout", p_.dout, {p_.max_rows, p_.width, p_.dout_stride});
    din_ = record.write("din", p_.din, {p_.max_rows, p_.width, p_.din_stride});
    if (p_.dgain.buffer != 0) dgain_ = record.write("dgain", p_.dgain, {1, p_.width, p_.width});
    record.check_overlaps();
  }

  uint64_t check(const Words& words, const Device&) const override {
    const int64_t rows = checked_rows(words);
    return dgain_ == nullptr ? 0 : static_cast<uint64_t>(chunks(rows)) * p_.width * sizeof(float);
  }

  void run(const Words& words, const Engine& engine) const override {
    const int64_t rows = words[p_.rows_at];
    const int64_t width = p_.width;
    const GradientOps& ops = gradient_ops(engine.isa);
    float* const sums = reinterpret_cast<float*>(engine.scratch);
    engine.pool.parallel_for(chunks(rows), [&](int64_t chunk) noexcept {
      const int64_t row = chunk * kChunkRows;
      ops.rms_norm_grad({in_ + row * p_.in_stride, p_.in_stride, gain_, dout_ + row * p_.dout_stride, p_.dout_stride,
                         din_ + row * p_.din_stride, p_.din_stride, dgain_ == nullptr ? nullptr : sums + chunk * width,
                         std::min(kChunkRows, rows - row), width, p_.eps});
    });
    if (dgain_ == nullptr) return;
    engine.pool.parallel_for((width + kColumns - 1) / kColumns, [&](int64_t block) noexcept {
      const int64_t end = std::min(width, (block + 1) * kColumns);
      for (int64_t chunk = 0; chunk < chunks(rows); ++chunk) {
        for (int64_t i = block * kColumns; i < end; ++i) dgain_[i] += sums[chunk * width + i];
      }
    });
  }

 private:
  static int64_t chunks(int64_t rows) { return (rows + kChunkRows - 1) / kChunkRows; }

  const float* in_;
  const float* gain_;
  const float* dout_;
  float* din_;
  float* dgain_ = nullptr;
};

}  // namespace

std::unique_ptr<Op> record_rms_norm_grad(Record& record) { return std::make_unique<RmsNormGrad>(record); }

}  // namespace dllm
