// Backward of attention in vectors: for a block of rows of one head, scores and their gradients are two small matrix
// products over head_dim, and three more carry them to queries, keys and values. See vector_math.h for how this is included.
//
// Every number is made in one order, whatever the tiles: a score and its gradient add up over head_dim, a row's total and
// mean over the keys in kLanes lanes (key i in lane i % kLanes), dq over the keys, dkeys and dvalues over heads, then rows.
#ifndef DLLM_VECTOR_ATTENTION_GRAD_H
#define DLLM_VECTOR_ATTENTION_GRAD_H

#include "gradient_ops.h"
#include "vector_math.h"
#include "vector_tile.h"

namespace dllm {
namespace {

constexpr int64_t kRowBlock = 48;

// The memory of one task. Rows of `row_stride` floats hold head_dim numbers and zeros up to a whole panel; an odd number of
// cache lines keeps columns out of each other's way.
struct AttentionGradMemory {
  int64_t row_stride, score_stride;
  float* key_panels;    // [panel][head_dim][kPanel]: keys side by side
  float* value_panels;  // likewise
  float* keys;          // [max_visible][row_stride]
  float* dkeys;         // likewise; sums
  float* dvalues;       // likewise
  float* q;             // [kRowBlock][row_stride], scaled
  float* dout;          // likewise
  float* dq;            // likewise, not scaled
  float* p;             // [kRowBlock][score_stride]: scores, then probabilities; 0 for keys that the row does not see
  float* ds;            // likewise: the gradient of p, then of the scores
};

inline int64_t odd_lines(int64_t floats) { return panels(floats) * kPanel | 16; }

int64_t attention_grad_scratch(int64_t head_dim, int64_t keys) {
  return 2 * panels(keys) * kPanel * head_dim + (3 * keys + 3 * kRowBlock) * odd_lines(head_dim) + 2 * kRowBlock * odd_lines(keys) + 32;
}

AttentionGradMemory attention_grad_memory(const AttentionGradTask& task) {
  AttentionGradMemory memory{};
  memory.row_stride = odd_lines(task.head_dim);
  memory.score_stride = odd_lines(task.max_visible);
  float* next = task.scratch;
  const auto take = [&](int64_t floats) {
    float* const given = next;
    next += (floats + 15) / 16 * 16;
    return given;
  };
  const int64_t panel_floats = panels(task.max_visible) * kPanel * task.head_dim;
  memory.key_panels = take(panel_floats);
  memory.value_panels = take(panel_floats);
  memory.keys = take(task.max_visible * memory.row_stride);
  memory.dkeys = take(task.max_visible * memory.row_stride);
  memory.dvalues = take(task.max_visible * memory.row_stride);
  memory.q = take(kRowBlock * memory.row_stride);
  memory.dout = take(kRowBlock * memory.row_stride);
  memory.dq = take(kRowBlock * memory.row_stride);
  memory.p = take(kRowBlock * memory.score_stride);
  memory.ds = take(kRowBlock * memory.score_stride);
  return memory;
}

// While a row is read, the row so many places further is asked for.
constexpr int64_t kAheadRows = 12;

inline void ask_for(const float* row, int64_t floats) {
  for (int64_t d = 0; d < floats; d += 16) __builtin_prefetch(row + d);
}

// Rows [0, count) side by side in panels; the lanes behind the last are 0.
void gather_panels(const float* from, int64_t stride, int64_t count, int64_t head_dim, float* to) {
  for (int64_t i = 0; i < panels(count) * kPanel; ++i) {
    float* const column = to + i / kPanel * head_dim * kPanel + i % kPanel;
    if (i < count) {
      const float* const row = from + i * stride;
      ask_for(from + lesser(i + kAheadRows, count - 1) * stride, head_dim);
      for (int64_t d = 0; d < head_dim; ++d) column[d * kPanel] = row[d];
    } else {
      for (int64_t d = 0; d < head_dim; ++d) column[d * kPanel] = 0;
    }
  }
}

// to = from * scale, with zeros behind head_dim up to a whole panel.
void copy_rows(const float* from, int64_t from_stride, int64_t count, int64_t head_dim, float scale, float* to, int64_t to_stride) {
  const int64_t whole = head_dim / kLanes * kLanes;
  const F factor = broadcast(scale);
  for (int64_t r = 0; r < count; ++r) {
    const float* const in = from + r * from_stride;
    float* const out = to + r * to_stride;
    ask_for(from + lesser(r + kAheadRows, count - 1) * from_stride, head_dim);
    for (int64_t d = 0; d < whole; d += kLanes) store(out + d, load(in + d) * factor);
    if (whole == head_dim && head_dim % kPanel == 0) continue;
    for (int64_t d = whole; d < head_dim; ++d) out[d] = in[d] * scale;
    for (int64_t d = head_dim; d < panels(head_dim) * kPanel; ++d) out[d] = 0;
  }
}

// Some rows of one head.
struct GradBlock {
  int64_t row, rows, head;
  const int64_t* visible;  // of its rows
  int64_t max_visible;
};

// The most keys that one of `rows` rows from `row` of the block on sees.
int64_t rows_visible(const GradBlock& block, int64_t row, int64_t rows) {
  int64_t most = 0;
  for (int64_t r = row; r < row + rows; ++r) most = most < block.visible[r] ? block.visible[r] : most;
  return most;
}

GradBlock grad_block(const AttentionGradTask& task, int64_t head, int64_t row) {
  GradBlock block{row, lesser(kRowBlock, task.rows - row), head, task.visible + row, 0};
  block.max_visible = rows_visible(block, 0, block.rows);
  return block;
}

// c[r, j] = sum over head_dim of a[r, d] * key j [d], for every key that some row of r's tile sees.
void key_products(const AttentionGradTask& task, const AttentionGradMemory& memory, const GradBlock& block, const float* a,
                  const float* key_panels, float* c) {
  for (int64_t r = 0; r < block.rows; r += kTileRows) {
    const int64_t rows = lesser(kTileRows, block.rows - r);
    const int64_t seen = rows_visible(block, r, rows);
    for (int64_t panel = 0; panel < panels(seen); ++panel) {
      multiply_rows(rows, a + r * memory.row_stride, memory.row_stride, key_panels + panel * task.head_dim * kPanel, kPanel,
                    task.head_dim, c + r * memory.score_stride + panel * kPanel, memory.score_stride, false);
    }
  }
}

inline int64_t whole_vectors(int64_t keys) { return (keys + kLanes - 1) / kLanes * kLanes; }

// What is known of a block's rows between the passes of softmax_grad.
struct RowSums {
  float most[kRowBlock], total[kRowBlock], product[kRowBlock];
};

// The largest score of a row; the lanes behind its last key are made ready.
float largest_score(float* p, float* ds, int64_t keys) {
  const int64_t whole = whole_vectors(keys);
  for (int64_t i = keys; i < whole; ++i) {
    p[i] = -__builtin_inff();
    ds[i] = 0;
  }
  F most = load(p);
  for (int64_t i = kLanes; i < whole; i += kLanes) most = larger(load(p + i), most);
  return lane_maximum(most);
}

// The block's scores to probabilities, and the gradients of these to those of the scores; zeros behind a row's last key.
// One pass after the other over all rows, as the rows do not wait for each other.
void softmax_grad(const AttentionGradMemory& memory, const GradBlock& block) {
  RowSums sums;
  const auto p_of = [&](int64_t r) { return memory.p + r * memory.score_stride; };
  const auto ds_of = [&](int64_t r) { return memory.ds + r * memory.score_stride; };
  for (int64_t r = 0; r < block.rows; ++r) sums.most[r] = largest_score(p_of(r), ds_of(r), block.visible[r]);
  for (int64_t r = 0; r < block.rows; ++r) {
    F totals = {};
    F products = {};
    for (int64_t i = 0; i < whole_vectors(block.visible[r]); i += kLanes) {
      const F e = exponential(load(p_of(r) + i) - sums.most[r]);
      store(p_of(r) + i, e);
      totals += e;
      products = fma(e, load(ds_of(r) + i), products);
    }
    sums.total[r] = lane_sum(totals);
    sums.product[r] = lane_sum(products);
  }
  for (int64_t r = 0; r < block.rows; ++r) {
    const F factor = broadcast(1.0f / sums.total[r]);
    const F mean = broadcast(sums.product[r] / sums.total[r]);
    int64_t i = 0;
    for (; i < whole_vectors(block.visible[r]); i += kLanes) {
      const F probability = load(p_of(r) + i) * factor;
      store(p_of(r) + i, probability);
      store(ds_of(r) + i, probability * (load(ds_of(r) + i) - mean));
    }
    for (; i < panels(block.max_visible) * kPanel; i += kLanes) {
      store(p_of(r) + i, F{});
      store(ds_of(r) + i, F{});
    }
  }
}

// dq of the block's rows, not yet scaled.
void query_gradient(const AttentionGradTask& task, const AttentionGradMemory& memory, const GradBlock& block) {
  for (int64_t r = 0; r < block.rows; r += kTileRows) {
    const int64_t rows = lesser(kTileRows, block.rows - r);
    const int64_t seen = rows_visible(block, r, rows);
    for (int64_t d = 0; d < task.head_dim; d += kPanel) {
      multiply_rows(rows, memory.ds + r * memory.score_stride, memory.score_stride, memory.keys + d, memory.row_stride, seen,
                    memory.dq + r * memory.row_stride + d, memory.row_stride, false);
    }
  }
}

// sums[j] += sum over the block's rows of a[r, j] * b[r], for the keys that the block sees.
void add_over_rows(const AttentionGradTask& task, const AttentionGradMemory& memory, const GradBlock& block, const float* a,
                   const float* b, float* sums) {
  for (int64_t j = 0; j < block.max_visible; j += kTileRows) {
    int64_t first = 0;
    int64_t end = block.rows;
    while (block.visible[first] <= j) ++first;
    while (block.visible[end - 1] <= j) --end;
    const int64_t keys = lesser(kTileRows, block.max_visible - j);
    for (int64_t d = 0; d < task.head_dim; d += kPanel) {
      multiply_columns(keys, a + first * memory.score_stride + j, memory.score_stride, b + first * memory.row_stride + d,
                       memory.row_stride, end - first, sums + j * memory.row_stride + d, memory.row_stride, true);
    }
  }
}

void grad_of_block(const AttentionGradTask& task, const AttentionGradMemory& memory, const GradBlock& block) {
  const int64_t column = block.head * task.head_dim;
  copy_rows(task.q + block.row * task.q_stride + column, task.q_stride, block.rows, task.head_dim, task.scale, memory.q,
            memory.row_stride);
  copy_rows(task.dout + block.row * task.dout_stride + column, task.dout_stride, block.rows, task.head_dim, 1, memory.dout,
            memory.row_stride);
  key_products(task, memory, block, memory.q, memory.key_panels, memory.p);
  key_products(task, memory, block, memory.dout, memory.value_panels, memory.ds);
  softmax_grad(memory, block);
  query_gradient(task, memory, block);
  add_over_rows(task, memory, block, memory.p, memory.dout, memory.dvalues);
  add_over_rows(task, memory, block, memory.ds, memory.q, memory.dkeys);
  float* const dq = task.dq + block.row * task.dq_stride + column;
  for (int64_t r = 0; r < block.rows; ++r) {
    for (int64_t d = 0; d < task.head_dim; ++d) dq[r * task.dq_stride + d] = memory.dq[r * memory.row_stride + d] * task.scale;
  }
}

void write_sums(const AttentionGradTask& task, const AttentionGradMemory& memory, const float* sums, float* to) {
  for (int64_t j = 0; j < task.keys; ++j) {
    for (int64_t d = 0; d < task.head_dim; ++d) to[j * task.kv_stride + d] = j < task.max_visible ? sums[j * memory.row_stride + d] : 0;
  }
}

void attention_grad(const AttentionGradTask& task) {
  const AttentionGradMemory memory = attention_grad_memory(task);
  gather_panels(task.key_rows, task.kv_stride, task.max_visible, task.head_dim, memory.key_panels);
  gather_panels(task.value_rows, task.kv_stride, task.max_visible, task.head_dim, memory.value_panels);
  copy_rows(task.key_rows, task.kv_stride, task.max_visible, task.head_dim, 1, memory.keys, memory.row_stride);
  for (int64_t i = 0; i < task.max_visible * memory.row_stride; ++i) memory.dkeys[i] = memory.dvalues[i] = 0;
  for (int64_t head = 0; head < task.group; ++head) {
    for (int64_t row = 0; row < task.rows; row += kRowBlock) grad_of_block(task, memory, grad_block(task, head, row));
  }
  write_sums(task, memory, memory.dkeys, task.dkeys);
  write_sums(task, memory, memory.dvalues, task.dvalues);
}

}  // namespace
}  // namespace dllm
#endif
