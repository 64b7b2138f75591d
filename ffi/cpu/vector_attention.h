// Attention in vectors: keys and values are gathered into panels, scores and outputs are two small matrix products. See
// vector_math.h for how this is included.
//
// Every number is made in one order, whatever the tiles: a score adds up over head_dim, a total over the keys in kLanes
// lanes (key i in lane i % kLanes), an output over the keys one by one.
#ifndef DLLM_VECTOR_ATTENTION_H
#define DLLM_VECTOR_ATTENTION_H

#include "vector_math.h"
#include "vector_ops.h"
#include "vector_tile.h"

namespace dllm {
namespace {

constexpr int64_t kKeyBlock = 128;

// The memory of one task. A pair is a row and one of its group of heads: pair = row * group + head.
struct AttentionMemory {
  int64_t pairs, padded_dim, score_stride;
  float* q;       // [pairs][head_dim], scaled
  float* scores;  // [pairs][score_stride], then exponentials
  float* totals;  // [pairs]
  float* out;     // [pairs][padded_dim]
  float* block;   // a block of keys as [panel][head_dim][kPanel], or of values as [panel][kKeyBlock][kPanel]
};

inline int64_t whole_lines(int64_t floats) { return (floats + 15) / 16 * 16; }
inline int64_t score_stride(int64_t keys) { return panels(keys) * kPanel + 16; }

int64_t attention_scratch(int64_t pairs, int64_t head_dim, int64_t keys) {
  const int64_t padded_dim = panels(head_dim) * kPanel;
  return whole_lines(pairs * head_dim) + pairs * score_stride(keys) + whole_lines(pairs) + (pairs + kKeyBlock) * padded_dim;
}

AttentionMemory attention_memory(const AttentionTask& task) {
  AttentionMemory memory{};
  memory.pairs = task.rows * task.group;
  memory.padded_dim = panels(task.head_dim) * kPanel;
  memory.score_stride = score_stride(task.max_visible);
  memory.q = task.scratch;
  memory.scores = memory.q + whole_lines(memory.pairs * task.head_dim);
  memory.totals = memory.scores + memory.pairs * memory.score_stride;
  memory.out = memory.totals + whole_lines(memory.pairs);
  memory.block = memory.out + memory.pairs * memory.padded_dim;
  return memory;
}

void scale_queries(const AttentionTask& task, const AttentionMemory& memory) {
  for (int64_t pair = 0; pair < memory.pairs; ++pair) {
    const float* const from = task.q + pair / task.group * task.q_stride + pair % task.group * task.head_dim;
    for (int64_t d = 0; d < task.head_dim; ++d) memory.q[pair * task.head_dim + d] = from[d] * task.scale;
  }
}

// While a row is gathered, the row so many places further is asked for.
constexpr int64_t kAhead = 8;

// Keys [begin, begin + count) into panels; the lanes behind the last key are 0.
void gather_keys(const AttentionTask& task, int64_t begin, int64_t count, float* block) {
  for (int64_t i = 0; i < panels(count) * kPanel; ++i) {
    float* const to = block + i / kPanel * task.head_dim * kPanel + i % kPanel;
    if (i < count) {
      const float* const from = task.keys[begin + i];
      const float* const ahead = task.keys[lesser(begin + i + kAhead, task.max_visible - 1)];
      for (int64_t d = 0; d < task.head_dim; d += 16) __builtin_prefetch(ahead + d);
      for (int64_t d = 0; d < task.head_dim; ++d) to[d * kPanel] = from[d];
    } else {
      for (int64_t d = 0; d < task.head_dim; ++d) to[d * kPanel] = 0;
    }
  }
}

// Values [begin, begin + count) into panels; the lanes behind head_dim are 0.
void gather_values(const AttentionTask& task, int64_t begin, int64_t count, float* block) {
  for (int64_t i = 0; i < count; ++i) {
    const float* const from = task.values[begin + i];
    const float* const ahead = task.values[lesser(begin + i + kAhead, task.max_visible - 1)];
    for (int64_t d = 0; d < task.head_dim; d += 16) __builtin_prefetch(ahead + d);
    float* to = block + i * kPanel;
    int64_t d = 0;
    for (; d + kPanel <= task.head_dim; d += kPanel, to += kKeyBlock * kPanel) {
      for (int64_t lane = 0; lane < kPanel; lane += kLanes) store(to + lane, load(from + d + lane));
    }
    if (d == task.head_dim) continue;
    for (int64_t lane = 0; lane < kPanel; ++lane) to[lane] = d + lane < task.head_dim ? from[d + lane] : 0;
  }
}

// The most keys that a row of the tile of pairs from `pair` on sees.
int64_t tile_visible(const AttentionTask& task, int64_t pair, int64_t pairs) {
  int64_t most = 0;
  for (int64_t row = pair / task.group; row <= (pair + pairs - 1) / task.group; ++row) {
    most = task.visible[row] > most ? task.visible[row] : most;
  }
  return most;
}

// The scores of each pair, for all keys that its tile sees.
void compute_scores(const AttentionTask& task, const AttentionMemory& memory) {
  for (int64_t begin = 0; begin < task.max_visible; begin += kKeyBlock) {
    const int64_t count = lesser(kKeyBlock, task.max_visible - begin);
    gather_keys(task, begin, count, memory.block);
    for (int64_t pair = 0; pair < memory.pairs; pair += kTileRows) {
      const int64_t rows = lesser(kTileRows, memory.pairs - pair);
      const int64_t seen = lesser(count, tile_visible(task, pair, rows) - begin);
      for (int64_t at = 0; at < seen; at += kPanel) {
        multiply_rows(rows, memory.q + pair * task.head_dim, task.head_dim, memory.block + at * task.head_dim, kPanel, task.head_dim,
                      memory.scores + pair * memory.score_stride + begin + at, memory.score_stride, false);
      }
    }
  }
}

// The largest score; lanes behind the last are filled with -infinity.
float largest_score(float* scores, int64_t keys) {
  F most = broadcast(-__builtin_inff());
  int64_t i = 0;
  for (; i + kLanes <= keys; i += kLanes) most = larger(load(scores + i), most);
  if (i < keys) {
    for (int64_t lane = keys - i; lane < kLanes; ++lane) scores[i + lane] = -__builtin_inff();
    most = larger(load(scores + i), most);
  }
  return lane_maximum(most);
}

// Scores into exponentials, and their total.
float exponentiate(float* scores, int64_t keys, float shift) {
  F lanes = {};
  for (int64_t i = 0; i < keys; i += kLanes) {
    const F e = exponential(load(scores + i) - shift);
    store(scores + i, e);
    lanes += e;
  }
  return lane_sum(lanes);
}

// Adds one block of values to the outputs of `rows` pairs from `pair` on. A pair takes its own visible keys only: first
// those that all of them see, then what is left of each.
void add_values(const AttentionTask& task, const AttentionMemory& memory, int64_t pair, int64_t rows, int64_t begin, int64_t count) {
  const auto seen = [&](int64_t r) {
    const int64_t keys = task.visible[(pair + r) / task.group] - begin;
    return keys < 0 ? 0 : lesser(keys, count);
  };
  int64_t common = count;
  for (int64_t r = 0; r < rows; ++r) common = lesser(common, seen(r));
  for (int64_t panel = 0; panel < panels(task.head_dim); ++panel) {
    const float* const values = memory.block + panel * kKeyBlock * kPanel;
    const float* const scores = memory.scores + pair * memory.score_stride + begin;
    float* const out = memory.out + pair * memory.padded_dim + panel * kPanel;
    multiply_rows(rows, scores, memory.score_stride, values, kPanel, common, out, memory.padded_dim, true);
    for (int64_t r = 0; r < rows; ++r) {
      if (seen(r) == common) continue;
      multiply_rows(1, scores + r * memory.score_stride + common, 0, values + common * kPanel, kPanel, seen(r) - common,
                    out + r * memory.padded_dim, 0, true);
    }
  }
}

void attention(const AttentionTask& task) {
  const AttentionMemory memory = attention_memory(task);
  scale_queries(task, memory);
  compute_scores(task, memory);
  // One pass after the other, as the rows do not wait for each other.
  for (int64_t pair = 0; pair < memory.pairs; ++pair) {
    memory.totals[pair] = largest_score(memory.scores + pair * memory.score_stride, task.visible[pair / task.group]);
  }
  for (int64_t pair = 0; pair < memory.pairs; ++pair) {
    float* const scores = memory.scores + pair * memory.score_stride;
    memory.totals[pair] = exponentiate(scores, task.visible[pair / task.group], memory.totals[pair]);
  }
  for (int64_t i = 0; i < memory.pairs * memory.padded_dim; ++i) memory.out[i] = 0;
  for (int64_t begin = 0; begin < task.max_visible; begin += kKeyBlock) {
    const int64_t count = lesser(kKeyBlock, task.max_visible - begin);
    gather_values(task, begin, count, memory.block);
    for (int64_t pair = 0; pair < memory.pairs; pair += kTileRows) {
      add_values(task, memory, pair, lesser(kTileRows, memory.pairs - pair), begin, count);
    }
  }
  for (int64_t pair = 0; pair < memory.pairs; ++pair) {
    float* const to = task.out + pair / task.group * task.out_stride + pair % task.group * task.head_dim;
    const float* const from = memory.out + pair * memory.padded_dim;
    for (int64_t d = 0; d < task.head_dim; ++d) to[d] = from[d] / memory.totals[pair];
  }
}

}  // namespace
}  // namespace dllm
#endif
