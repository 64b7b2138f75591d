#include "segments.h"

#include <algorithm>

namespace dllm {
namespace {

using ull = unsigned long long;

constexpr uint64_t kHeadWords = 4;
constexpr uint64_t kRangeWords = 4;

}  // namespace

Segment read_segment(const Words& words, uint32_t segments_at, uint32_t index) {
  const uint32_t* const entry = words.at(uint64_t{segments_at} + 1 + uint64_t{DLLM_SEGMENT_WORDS} * index);
  Segment segment{entry[0], entry[1], entry[2], entry[3], {}};
  for (uint32_t i = 0; i < segment.ranges.size(); ++i) {
    const uint32_t* const range = entry + kHeadWords + kRangeWords * i;
    segment.ranges[i] = {range[0], range[1], range[2], range[3]};
  }
  return segment;
}

void check_segment(const Site& site, uint32_t index, const Segment& segment, const SegmentLimits& limits) {
  if (segment.row_begin + segment.row_count > limits.max_rows) {
    site.fail(DLLM_BAD_COMMAND, format("segment %u has rows %llu to %llu, wanted them within max_rows %u", index,
                                       static_cast<ull>(segment.row_begin), static_cast<ull>(segment.row_begin + segment.row_count),
                                       limits.max_rows));
  }
  if (segment.range_count < 1 || segment.range_count > segment.ranges.size()) {
    site.fail(DLLM_BAD_COMMAND, format("segment %u: range_count is %u, wanted 1 to 4", index, segment.range_count));
  }
  if (segment.reserved != 0) {
    site.fail(DLLM_BAD_COMMAND, format("segment %u: word 3 is %u, wanted 0", index, segment.reserved));
  }
  uint64_t end = 0;
  for (uint32_t i = 0; i < segment.range_count; ++i) {
    const KeyRange& range = segment.ranges[i];
    const uint32_t rows = range.source == 1 ? limits.max_rows : limits.cache_rows;
    if (range.source > 1) {
      site.fail(DLLM_BAD_COMMAND, format("segment %u, range %u: source is %u, wanted 0 (cache) or 1 (fresh)", index, i, range.source));
    }
    if (range.position < end) {
      site.fail(DLLM_BAD_COMMAND, format("segment %u, range %u: position_begin is %llu, wanted at least %llu (ranges ascend)", index, i,
                                         static_cast<ull>(range.position), static_cast<ull>(end)));
    }
    if (range.row + range.count > rows) {
      site.fail(DLLM_BAD_COMMAND, format("segment %u, range %u: rows %llu to %llu of the %s, wanted them within %u", index, i,
                                         static_cast<ull>(range.row), static_cast<ull>(range.row + range.count),
                                         range.source == 1 ? "fresh keys" : "cache", rows));
    }
    end = range.position + range.count;
  }
}

void check_disjoint(const Site& site, const std::vector<Segment>& segments) {
  std::vector<std::pair<uint64_t, uint64_t>> rows;
  for (const Segment& segment : segments) {
    if (segment.row_count != 0) rows.emplace_back(segment.row_begin, segment.row_begin + segment.row_count);
  }
  std::sort(rows.begin(), rows.end());
  for (size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].first >= rows[i - 1].second) continue;
    site.fail(DLLM_BAD_COMMAND, format("row %llu belongs to two segments, wanted one at most", static_cast<ull>(rows[i].first)));
  }
}

}  // namespace dllm
