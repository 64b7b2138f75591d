#include <cstring>

#include "head_shape.h"
#include "rotation.h"

namespace dllm {
namespace {

class RopeKv : public Op {
 public:
  explicit RopeKv(Record& record) : site_(record.site()), p_(record.payload<dllm_rope_kv>()) {
    check_head_shape(site_, p_.heads, p_.kv_heads, p_.head_dim);
    site_.want(p_.head_dim % 2 == 0, "head_dim", p_.head_dim, "an even number");
    site_.want(p_.max_rows >= 1, "max_rows", p_.max_rows, "at least 1");
    site_.want(p_.max_position >= 1, "max_position", p_.max_position, "at least 1");
    const uint64_t kv_width = uint64_t{p_.kv_heads} * p_.head_dim;
    const uint64_t width = uint64_t{p_.heads} * p_.head_dim + 2 * kv_width;
    qkv_ = record.write("qkv", p_.qkv, {p_.max_rows, width, p_.qkv_stride});
    table_ = record.read("table", p_.table, {p_.max_position, p_.head_dim, p_.head_dim});
    keys_ = record.write("keys", p_.keys, {p_.max_rows, kv_width, kv_width});
    values_ = record.write("values", p_.values, {p_.max_rows, kv_width, kv_width});
    record.check_overlaps();
    record.words("rows_at", p_.rows_at, 1);
    record.words("positions_at", p_.positions_at, p_.max_rows);
  }

  uint64_t check(const Words& words, const Device&) const override {
    const uint32_t rows = site_.count(words, "rows_at", p_.rows_at, p_.max_rows);
    for (uint32_t i = 0; i < rows; ++i) {
      const uint32_t position = words[uint64_t{p_.positions_at} + i];
      if (position < p_.max_position) continue;
      site_.fail(DLLM_BAD_COMMAND, format("position %u is %u, wanted below max_position %u", i, position, p_.max_position));
    }
    return 0;
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

  Site site_;
  dllm_rope_kv p_;
  float* qkv_;
  const float* table_;
  float* keys_;
  float* values_;
};

}  // namespace

std::unique_ptr<Op> record_rope_kv(Record& record) { return std::make_unique<RopeKv>(record); }

}  // namespace dllm
