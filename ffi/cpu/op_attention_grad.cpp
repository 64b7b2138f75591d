#include <algorithm>

#include "gradient_ops.h"
#include "head_shape.h"
#include "record_op.h"
#include "segments.h"

namespace dllm {
namespace {

class AttentionGrad : public RecordOp<dllm_attention_grad> {
 public:
  explicit AttentionGrad(Record& record) : RecordOp(record) {
    check_head_shape(site_, p_.heads, p_.kv_heads, p_.head_dim);
    site_.want_positive("max_rows", p_.max_rows);
    site_.want_finite("scale", p_.scale);
    const uint64_t width = uint64_t{p_.heads} * p_.head_dim;
    const uint64_t kv_width = uint64_t{p_.kv_heads} * p_.head_dim;
    const Rows kv_rows{p_.max_rows, kv_width, kv_width};
    q_ = record.read("q", p_.q, {p_.max_rows, width, p_.q_stride});
    keys_ = record.read("keys", p_.keys, kv_rows);
    values_ = record.read("values", p_.values, kv_rows);
    dout_ = record.read("dout", p_.dout, {p_.max_rows, width, p_.dout_stride});
    dq_ = record.write("dq", p_.dq, {p_.max_rows, width, p_.dq_stride});
    dkeys_ = record.write("dkeys", p_.dkeys, kv_rows);
    dvalues_ = record.write("dvalues", p_.dvalues, kv_rows);
    record.check_overlaps();
    record.words("segments_at", p_.segments_at, 1 + uint64_t{DLLM_SEGMENT_WORDS} * p_.max_segments);
    record.words("limits_at", p_.limits_at, p_.max_rows);
  }

  uint64_t check(const Words& words, const Device& device) const override {
    const std::vector<Segment> segments = read_segments(site_, words, p_.segments_at, p_.max_segments);
    for (uint32_t i = 0; i < segments.size(); ++i) check_own_keys(i, segments[i]);
    check_disjoint(site_, segments);
    check_disjoint_keys(site_, segments);
    const Slot slot = slot_of(words, segments, gradient_ops(device.isa));
    return (slot.list_bytes + slot.kernel_bytes) * device.pool.size();
  }

  void run(const Words& words, const Engine& engine) const override {
    const std::vector<Segment> segments = read_segments(site_, words, p_.segments_at, p_.max_segments);
    const GradientOps& ops = gradient_ops(engine.isa);
    const Slot slot = slot_of(words, segments, ops);
    const int64_t tasks = static_cast<int64_t>(segments.size()) * p_.kv_heads;
    engine.pool.parallel_for(tasks, [&](int64_t i, unsigned worker) noexcept {
      unsigned char* const scratch = engine.scratch + (slot.list_bytes + slot.kernel_bytes) * worker;
      run_task(words, ops, segments[static_cast<size_t>(i / p_.kv_heads)], i % p_.kv_heads, reinterpret_cast<int64_t*>(scratch),
               reinterpret_cast<float*>(scratch + slot.list_bytes));
    });
  }

 private:
  // A worker's memory: the key counts of a segment's rows and what the kernel needs.
  struct Slot {
    uint64_t list_bytes, kernel_bytes;
  };

  void check_own_keys(uint32_t index, const Segment& segment) const {
    check_segment(site_, index, segment, {p_.max_rows, 0});
    if (segment.range_count == 1 && segment.ranges[0].source == 1) return;
    site_.fail(DLLM_BAD_COMMAND, format("segment %u has %u key ranges, the first of source %u, wanted one range of source 1 (fresh)",
                                        index, segment.range_count, segment.ranges[0].source));
  }

  Slot slot_of(const Words& words, const std::vector<Segment>& segments, const GradientOps& ops) const {
    uint64_t rows = 0;
    int64_t keys = 0;
    for (const Segment& segment : segments) {
      rows = std::max(rows, segment.row_count);
      keys = std::max(keys, most_visible(site_, words, p_.limits_at, segment));
    }
    const uint64_t floats = static_cast<uint64_t>(ops.attention_grad_scratch(p_.head_dim, keys));
    return {aligned(rows * sizeof(int64_t)), aligned(floats * sizeof(float))};
  }

  void run_task(const Words& words, const GradientOps& ops, const Segment& segment, int64_t kv_head, int64_t* visible,
                float* scratch) const {
    for (uint64_t i = 0; i < segment.row_count; ++i) visible[i] = segment.visible(words[p_.limits_at + segment.row_begin + i]);
    const int64_t row = static_cast<int64_t>(segment.row_begin);
    const int64_t dim = p_.head_dim;
    const int64_t group = p_.heads / p_.kv_heads;
    const int64_t column = kv_head * group * dim;
    const int64_t kv_width = p_.kv_heads * dim;
    const int64_t kv = static_cast<int64_t>(segment.ranges[0].row) * kv_width + kv_head * dim;
    ops.attention_grad({q_ + row * p_.q_stride + column, p_.q_stride, dout_ + row * p_.dout_stride + column, p_.dout_stride,
                        dq_ + row * p_.dq_stride + column, p_.dq_stride, keys_ + kv, values_ + kv, dkeys_ + kv, dvalues_ + kv,
                        kv_width, static_cast<int64_t>(segment.row_count), group, dim,
                        static_cast<int64_t>(segment.ranges[0].count), visible, most_visible(site_, words, p_.limits_at, segment),
                        p_.scale, scratch});
  }

  const float* q_;
  const float* keys_;
  const float* values_;
  const float* dout_;
  float* dq_;
  float* dkeys_;
  float* dvalues_;
};

}  // namespace

std::unique_ptr<Op> record_attention_grad(Record& record) { return std::make_unique<AttentionGrad>(record); }

}  // namespace dllm
