#include <cstring>

#include "rope_op.h"
#include "rotation.h"

namespace dllm {
namespace {

class RopeKvGrad : public RopeOp<dllm_rope_kv_grad> {
 public:
  explicit RopeKvGrad(Record& record) : RopeOp(record) {
    dqkv_ = record.write("dqkv", p_.dqkv, {p_.max_rows, width(), p_.dqkv_stride});
    table_ = record.read("table", p_.table, {p_.max_position, p_.head_dim, p_.head_dim});
    dkeys_ = record.read("dkeys", p_.dkeys, {p_.max_rows, kv_width(), kv_width()});
    dvalues_ = record.read("dvalues", p_.dvalues, {p_.max_rows, kv_width(), kv_width()});
    record.check_overlaps();
  }

  void run(const Words& words, const Engine& engine) const override {
    engine.pool.parallel_for(words[p_.rows_at], [&](int64_t i) noexcept {
      rotate_row(i, words[p_.positions_at + static_cast<uint64_t>(i)]);
    });
  }

 private:
  void rotate_row(int64_t row, int64_t position) const {
    const int64_t dim = p_.head_dim;
    const int64_t half = dim / 2;
    const float* const cosines = table_ + position * dim;
    const float* const sines = cosines + half;
    float* const queries = dqkv_ + row * p_.dqkv_stride;
    float* const keys = queries + p_.heads * dim;
    const int64_t kv_width = p_.kv_heads * dim;
    for (int64_t h = 0; h < p_.heads; ++h) rotate<Turn::kBack>(queries + h * dim, queries + h * dim, cosines, sines, half);
    for (int64_t h = 0; h < p_.kv_heads; ++h) {
      rotate<Turn::kBack>(dkeys_ + row * kv_width + h * dim, keys + h * dim, cosines, sines, half);
    }
    std::memcpy(keys + kv_width, dvalues_ + row * kv_width, static_cast<size_t>(kv_width) * sizeof(float));
  }

  float* dqkv_;
  const float* table_;
  const float* dkeys_;
  const float* dvalues_;
};

}  // namespace

std::unique_ptr<Op> record_rope_kv_grad(Record& record) { return std::make_unique<RopeKvGrad>(record); }

}  // namespace dllm
