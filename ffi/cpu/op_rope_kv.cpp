#include <cstring>

#include "rope_op.h"
#include "rotation.h"

namespace dllm {
namespace {

class RopeKv : public RopeOp<dllm_rope_kv> {
 public:
  explicit RopeKv(Record& record) : RopeOp(record) {
    qkv_ = record.write("qkv", p_.qkv, {p_.max_rows, width(), p_.qkv_stride});
    table_ = record.read("table", p_.table, {p_.max_position, p_.head_dim, p_.head_dim});
    keys_ = record.write("keys", p_.keys, {p_.max_rows, kv_width(), kv_width()});
    values_ = record.write("values", p_.values, {p_.max_rows, kv_width(), kv_width()});
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
    float* const queries = qkv_ + row * p_.qkv_stride;
    const float* const keys = queries + p_.heads * dim;
    const int64_t kv_width = p_.kv_heads * dim;
    for (int64_t h = 0; h < p_.heads; ++h) rotate<Turn::kForward>(queries + h * dim, queries + h * dim, cosines, sines, half);
    for (int64_t h = 0; h < p_.kv_heads; ++h) {
      rotate<Turn::kForward>(keys + h * dim, keys_ + row * kv_width + h * dim, cosines, sines, half);
    }
    std::memcpy(values_ + row * kv_width, keys + kv_width, static_cast<size_t>(kv_width) * sizeof(float));
  }

  float* qkv_;
  const float* table_;
  float* keys_;
  float* values_;
};

}  // namespace

std::unique_ptr<Op> record_rope_kv(Record& record) { return std::make_unique<RopeKv>(record); }

}  // namespace dllm
