// The segment table of ATTENTION in the params buffer.
#ifndef DLLM_SEGMENTS_H
#define DLLM_SEGMENTS_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "record.h"

namespace dllm {

struct KeyRange {
  uint32_t source;  // 0 cache, 1 fresh
  uint64_t position, count, row;
};

struct Segment {
  uint64_t row_begin, row_count;
  uint32_t range_count, reserved;
  std::array<KeyRange, 4> ranges;

  // Keys below a position limit. As ranges ascend, these are the segment's first ones.
  int64_t visible(uint64_t limit) const {
    uint64_t keys = 0;
    for (uint32_t i = 0; i < range_count; ++i) {
      const KeyRange& range = ranges[i];
      if (limit > range.position) keys += std::min(range.count, limit - range.position);
    }
    return static_cast<int64_t>(keys);
  }
};

// What a segment may name.
struct SegmentLimits {
  uint32_t max_rows, cache_rows;
};

// The table at word `segments_at`, of at most `most` segments.
std::vector<Segment> read_segments(const Site& site, const Words& words, uint32_t segments_at, uint32_t most);

// Checks that one segment lies within the limits and its ranges ascend.
void check_segment(const Site& site, uint32_t index, const Segment& segment, const SegmentLimits& limits);

// The most keys that a row of the segment sees; refuses a row that sees none.
int64_t most_visible(const Site& site, const Words& words, uint32_t limits_at, const Segment& segment);

// Checks that no row belongs to two segments.
void check_disjoint(const Site& site, const std::vector<Segment>& segments);

// Checks that no key row belongs to the first ranges of two segments.
void check_disjoint_keys(const Site& site, const std::vector<Segment>& segments);

}  // namespace dllm
#endif
