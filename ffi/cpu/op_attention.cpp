#include <algorithm>

#include "head_shape.h"
#include "record_op.h"
#include "segments.h"

namespace dllm {
namespace {

// A task takes up to so many query heads of one kv head, so that gathering its keys is small work beside using them, as
// long as their scores are not too many to stay near.
constexpr int64_t kTaskPairs = 128;
constexpr int64_t kTaskScores = int64_t{1} << 20;

class Attention : public RecordOp<dllm_attention> {
 public:
  explicit Attention(Record& record) : RecordOp(record) {
    check_head_shape(site_, p_.heads, p_.kv_heads, p_.head_dim);
    site_.want_positive("max_rows", p_.max_rows);
    site_.want_finite("scale", p_.scale);
    const uint64_t width = uint64_t{p_.heads} * p_.head_dim;
    const uint64_t kv_width = uint64_t{p_.kv_heads} * p_.head_dim;
    q_ = record.read("q", p_.q, {p_.max_rows, width, p_.q_stride});
    out_ = record.write("out", p_.out, {p_.max_rows, width, p_.out_stride});
    fresh_ = {record.read("fresh_keys", p_.fresh_keys, {p_.max_rows, kv_width, kv_width}),
              record.read("fresh_values", p_.fresh_values, {p_.max_rows, kv_width, kv_width})};
    if (p_.cache_rows != 0) {
      cache_ = {record.read("cache_keys", p_.cache_keys, {p_.cache_rows, kv_width, kv_width}),
                record.read("cache_values", p_.cache_values, {p_.cache_rows, kv_width, kv_width})};
    }
    record.check_overlaps();
    record.words("segments_at", p_.segments_at, 1 + uint64_t{DLLM_SEGMENT_WORDS} * p_.max_segments);
    record.words("limits_at", p_.limits_at, p_.max_rows);
  }

  uint64_t check(const Words& words, const Device& device) const override {
    const std::vector<Segment> segments = read_segments(site_, words, p_.segments_at, p_.max_segments);
    int64_t keys = 0;
    for (uint32_t i = 0; i < segments.size(); ++i) {
      check_segment(site_, i, segments[i], {p_.max_rows, p_.cache_rows});
      keys = std::max(keys, most_visible(site_, words, p_.limits_at, segments[i]));
    }
    check_disjoint(site_, segments);
    return slot_bytes(device.ops, keys) * device.pool.size();
  }

  void run(const Words& words, const Engine& engine) const override {
    std::vector<Segment> segments = read_segments(site_, words, p_.segments_at, p_.max_segments);
    std::vector<Tile> tiles;
    int64_t keys = 0;
    for (const Segment& segment : segments) keys = std::max(keys, most_visible(site_, words, p_.limits_at, segment));
    const int64_t step = task_rows(keys);
    for (const Segment& segment : segments) {
      const int64_t end = static_cast<int64_t>(segment.row_begin + segment.row_count);
      for (int64_t row = static_cast<int64_t>(segment.row_begin); row < end; row += step) {
        for (uint32_t head = 0; head < p_.kv_heads; ++head) tiles.push_back({&segment, head, row, std::min(step, end - row)});
      }
    }
    const uint64_t bytes = slot_bytes(engine.ops, keys);
    engine.pool.parallel_for(static_cast<int64_t>(tiles.size()), [&](int64_t i, unsigned worker) noexcept {
      run_tile(words, engine.ops, tiles[static_cast<size_t>(i)], engine.scratch + bytes * worker, keys);
    });
  }

 private:
  struct Tile {
    const Segment* segment;
    uint32_t kv_head;
    int64_t row_begin, rows;
  };
  struct KeysAndValues {
    const float* keys;
    const float* values;
  };

  int64_t group() const { return p_.heads / p_.kv_heads; }

  int64_t task_rows(int64_t keys) const {
    const int64_t pairs = std::min(kTaskPairs, kTaskScores / std::max<int64_t>(keys, 1));
    return std::max<int64_t>(1, pairs / group());
  }

  // Per worker: two lists of key addresses, the rows' key counts, and the kernel's own memory.
  uint64_t slot_bytes(const VectorOps& ops, int64_t keys) const {
    const uint64_t floats = static_cast<uint64_t>(ops.attention_scratch(task_rows(keys) * group(), p_.head_dim, keys));
    return 2 * aligned(static_cast<uint64_t>(keys) * sizeof(float*)) + aligned(kTaskPairs * sizeof(int64_t)) +
           aligned(floats * sizeof(float));
  }

  void run_tile(const Words& words, const VectorOps& ops, const Tile& tile, unsigned char* scratch, int64_t keys) const {
    const uint64_t list_bytes = aligned(static_cast<uint64_t>(keys) * sizeof(float*));
    const float** const key_rows = reinterpret_cast<const float**>(scratch);
    const float** const value_rows = reinterpret_cast<const float**>(scratch + list_bytes);
    int64_t* const visible = reinterpret_cast<int64_t*>(scratch + 2 * list_bytes);
    float* const rest = reinterpret_cast<float*>(scratch + 2 * list_bytes + aligned(kTaskPairs * sizeof(int64_t)));

    int64_t most = 0;
    for (int64_t r = 0; r < tile.rows; ++r) {
      visible[r] = tile.segment->visible(words[p_.limits_at + static_cast<uint64_t>(tile.row_begin + r)]);
      most = std::max(most, visible[r]);
    }
    list_keys(tile, most, key_rows, value_rows);

    const int64_t column = tile.kv_head * group() * p_.head_dim;
    ops.attention({q_ + tile.row_begin * p_.q_stride + column, p_.q_stride, out_ + tile.row_begin * p_.out_stride + column,
                   p_.out_stride, tile.rows, group(), p_.head_dim, key_rows, value_rows, visible, most, p_.scale, rest});
  }

  // The first `keys` keys of the tile's segment.
  void list_keys(const Tile& tile, int64_t keys, const float** key_rows, const float** value_rows) const {
    const int64_t kv_width = static_cast<int64_t>(p_.kv_heads) * p_.head_dim;
    int64_t at = 0;
    for (uint32_t i = 0; i < tile.segment->range_count && at < keys; ++i) {
      const KeyRange& range = tile.segment->ranges[i];
      const KeysAndValues& source = range.source == 1 ? fresh_ : cache_;
      for (uint64_t k = 0; k < range.count && at < keys; ++k, ++at) {
        const int64_t offset = static_cast<int64_t>(range.row + k) * kv_width + tile.kv_head * static_cast<int64_t>(p_.head_dim);
        key_rows[at] = source.keys + offset;
        value_rows[at] = source.values + offset;
      }
    }
  }

  const float* q_;
  float* out_;
  KeysAndValues fresh_{};
  KeysAndValues cache_{};
};

}  // namespace

std::unique_ptr<Op> record_attention(Record& record) { return std::make_unique<Attention>(record); }

}  // namespace dllm
