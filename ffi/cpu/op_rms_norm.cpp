#include <cmath>

#include "record_op.h"

namespace dllm {
namespace {

// The mean of the squares, summed in 16 lanes (element i in lane i % 16) that are added from the first to the last.
float mean_of_squares(const float* in, int64_t width) {
  constexpr int64_t kLanes = 16;
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += in[i + lane] * in[i + lane];
  }
  for (int64_t lane = 0; i + lane < width; ++lane) lanes[lane] += in[i + lane] * in[i + lane];
  float total = 0;
  for (const float lane : lanes) total += lane;
  return total / static_cast<float>(width);
}

class RmsNorm : public RowsOp<dllm_rms_norm> {
 public:
  explicit RmsNorm(Record& record) : RowsOp(record) {
    site_.want_positive("width", p_.width);
    site_.want_not_negative("eps", p_.eps);
    in_ = record.read("in", p_.in, {p_.max_rows, p_.width, p_.in_stride});
    gain_ = record.read("gain", p_.gain, {1, p_.width, p_.width});
    out_ = record.write("out", p_.out, {p_.max_rows, p_.width, p_.out_stride});
    record.may_equal("in", "out");
    record.check_overlaps();
  }

  void run(const Words& words, const Engine& engine) const override {
    engine.pool.parallel_for(words[p_.rows_at], [&](int64_t row) noexcept {
      const float* const in = in_ + row * p_.in_stride;
      float* const out = out_ + row * p_.out_stride;
      const float factor = 1.0f / std::sqrt(mean_of_squares(in, p_.width) + p_.eps);
      for (int64_t i = 0; i < p_.width; ++i) out[i] = in[i] * factor * gain_[i];
    });
  }

 private:
  const float* in_;
  const float* gain_;
  float* out_;
};

}  // namespace

std::unique_ptr<Op> record_rms_norm(Record& record) { return std::make_unique<RmsNorm>(record); }

}  // namespace dllm
