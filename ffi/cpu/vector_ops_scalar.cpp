// The plain versions: what the vector ones are checked against.
#include <algorithm>
#include <cmath>

#include "bf16.h"
#include "vector_ops.h"

namespace dllm {
namespace {

int64_t attention_scratch(int64_t, int64_t, int64_t keys) { return keys; }

void attend(const AttentionTask& task, const float* q, int64_t visible, float* out) {
  float* const p = task.scratch;
  float most = -INFINITY;
  for (int64_t j = 0; j < visible; ++j) {
    float score = 0;
    for (int64_t d = 0; d < task.head_dim; ++d) score += q[d] * task.scale * task.keys[j][d];
    p[j] = score;
    most = std::max(most, score);
  }
  float total = 0;
  for (int64_t j = 0; j < visible; ++j) {
    p[j] = std::exp(p[j] - most);
    total += p[j];
  }
  std::fill(out, out + task.head_dim, 0.0f);
  for (int64_t j = 0; j < visible; ++j) {
    for (int64_t d = 0; d < task.head_dim; ++d) out[d] += p[j] * task.values[j][d];
  }
  for (int64_t d = 0; d < task.head_dim; ++d) out[d] /= total;
}

void attention(const AttentionTask& task) {
  for (int64_t row = 0; row < task.rows; ++row) {
    for (int64_t head = 0; head < task.group; ++head) {
      const int64_t column = head * task.head_dim;
      attend(task, task.q + row * task.q_stride + column, task.visible[row], task.out + row * task.out_stride + column);
    }
  }
}

bool load_logits(const float* in, float* out, int64_t n, bool bf16) {
  bool finite = true;
  for (int64_t i = 0; i < n; ++i) {
    out[i] = bf16 ? round_to_bf16(in[i]) : in[i];
    finite = finite && std::isfinite(in[i]) && std::isfinite(out[i]);
  }
  return finite;
}

void divide(float* x, int64_t n, float divisor, bool bf16) {
  for (int64_t i = 0; i < n; ++i) x[i] = bf16 ? round_to_bf16(x[i] / divisor) : x[i] / divisor;
}

float maximum(const float* x, int64_t n) { return *std::max_element(x, x + n); }

double exponentials(const float* x, float* e, int64_t n, float shift) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += e[i] = std::exp(x[i] - shift);
  return total;
}

double sum(const float* x, int64_t n) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += x[i];
  return total;
}

TopTwo normalise(float* p, int64_t n, float total, bool bf16) {
  TopTwo top{0, 0};
  for (int64_t i = 0; i < n; ++i) {
    p[i] = bf16 ? round_to_bf16(p[i] / total) : p[i] / total;
    top.second = std::max(top.second, std::min(top.first, p[i]));
    top.first = std::max(top.first, p[i]);
  }
  return top;
}

double negative_entropy(const float* p, int64_t n, float epsilon) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (p[i] != 0) total += static_cast<double>(p[i] * std::log(p[i] + epsilon));
  }
  return total;
}

float logistic(float x) { return 1 / (1 + std::exp(-x)); }

void swiglu(const float* gate, const float* up, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = gate[i] * logistic(gate[i]) * up[i];
}

void swiglu_grad(const float* gate, const float* up, const float* dout, float* dgate, float* dup, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float of = logistic(gate[i]);
    const float first = dout[i] * up[i] * of * (1 + gate[i] * logistic(-gate[i]));
    const float second = dout[i] * gate[i] * of;
    dgate[i] = first;
    dup[i] = second;
  }
}

}  // namespace

const VectorOps kScalarVectorOps = {attention_scratch, attention, load_logits, divide, maximum, exponentials,
                                 sum, normalise, negative_entropy, swiglu, swiglu_grad};

}  // namespace dllm
