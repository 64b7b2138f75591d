#include "segments.h"

#include <algorithm>
#include <utility>

namespace dllm {
namespace {

using ull = unsigned long long;

constexpr uint64_t kHeadWords = 4;
constexpr uint64_t kRangeWords = 4;

struct RowSpan {
  uint64_t begin, count;
};

void check_spans(const Site& site, const char* what, std::vector<RowSpan> spans) {
  std::erase_if(spans, [](const RowSpan& span) { return span.count == 0; });
  std::sort(spans.begin(), spans.end(), [](const RowSpan& a, const RowSpan& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < spans.size(); ++i) {
    if (spans[i].begin >= spans[i - 1].begin + spans[i - 1].count) continue;
    site.fail(DLLM_BAD_COMMAND, format("%s %llu belongs to two segments, wanted one at most", what, static_cast<ull>(spans[i].begin)));
  }
}

Segment read_segment(const Words& words, uint32_t segments_at, uint32_t index) {
  const uint32_t* const entry = words.at(uint64_t{segments_at} + 1 + uint64_t{DLLM_SEGMENT_WORDS} * index);
  Segment segment{entry[0], entry[1], entry[2], entry[3], {}};
  for (uint32_t i = 0; i < segment.ranges.size(); ++i) {
    const uint32_t* const range = entry + kHeadWords + kRangeWords * i;
    segment.ranges[i] = {range[0], range[1], range[2], range[3]};
  }
  return segment;
}

}  // namespace

std::vector<Segment> read_segments(const Site& site, const Words& words, uint32_t segments_at, uint32_t most) {
  std::vector<Segment> segments(site.count(words, "segments_at", segments_at, most));
  for (uint32_t i = 0; i < segments.size(); ++i) segments[i] = read_segment(words, segments_at, i);
  return segments;
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

int64_t most_visible(const Site& site, const Words& words, uint32_t limits_at, const Segment& segment) {
  int64_t most = 0;
  for (uint64_t row = segment.row_begin; row < segment.row_begin + segment.row_count; ++row) {
    const uint32_t limit = words[limits_at + row];
    const int64_t visible = segment.visible(limit);
    if (visible == 0) {
      site.fail(DLLM_BAD_COMMAND, format("row %llu sees no key below its limit %u, wanted at least one", static_cast<ull>(row), limit));
    }
    most = std::max(most, visible);
  }
  return most;
}

void check_disjoint(const Site& site, const std::vector<Segment>& segments) {
  std::vector<RowSpan> rows;
  for (const Segment& segment : segments) rows.push_back({segment.row_begin, segment.row_count});
  check_spans(site, "row", std::move(rows));
}

void check_disjoint_keys(const Site& site, const std::vector<Segment>& segments) {
  std::vector<RowSpan> rows;
  for (const Segment& segment : segments) rows.push_back({segment.ranges[0].row, segment.ranges[0].count});
  check_spans(site, "key row", std::move(rows));
}

}  // namespace dllm
