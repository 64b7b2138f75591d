// The plain versions: what the vector ones are checked against.
#include <algorithm>
#include <cmath>

#include "gradient_ops.h"

namespace dllm {
namespace {

int64_t attention_grad_scratch(int64_t, int64_t keys) { return 2 * keys; }

// Softmax of q k^T * scale over `visible` keys.
void probabilities(const AttentionGradTask& task, const float* q, int64_t visible, float* p) {
  float most = -INFINITY;
  for (int64_t j = 0; j < visible; ++j) {
    float score = 0;
    for (int64_t d = 0; d < task.head_dim; ++d) score += q[d] * task.scale * task.key_rows[j * task.kv_stride + d];
    p[j] = score;
    most = std::max(most, score);
  }
  float total = 0;
  for (int64_t j = 0; j < visible; ++j) {
    p[j] = std::exp(p[j] - most);
    total += p[j];
  }
  for (int64_t j = 0; j < visible; ++j) p[j] /= total;
}

// One row of one head: dq is written, dkeys and dvalues are added to.
void attend_grad(const AttentionGradTask& task, const float* q, const float* dout, int64_t visible, float* dq) {
  float* const p = task.scratch;
  float* const dp = task.scratch + visible;
  probabilities(task, q, visible, p);
  float mean = 0;
  for (int64_t j = 0; j < visible; ++j) {
    dp[j] = 0;
    for (int64_t d = 0; d < task.head_dim; ++d) dp[j] += dout[d] * task.value_rows[j * task.kv_stride + d];
    mean += p[j] * dp[j];
  }
  std::fill(dq, dq + task.head_dim, 0.0f);
  for (int64_t j = 0; j < visible; ++j) {
    const float ds = p[j] * (dp[j] - mean) * task.scale;
    const int64_t at = j * task.kv_stride;
    for (int64_t d = 0; d < task.head_dim; ++d) {
      dq[d] += ds * task.key_rows[at + d];
      task.dkeys[at + d] += ds * q[d];
      task.dvalues[at + d] += p[j] * dout[d];
    }
  }
}

void attention_grad(const AttentionGradTask& task) {
  for (int64_t j = 0; j < task.keys; ++j) {
    std::fill_n(task.dkeys + j * task.kv_stride, task.head_dim, 0.0f);
    std::fill_n(task.dvalues + j * task.kv_stride, task.head_dim, 0.0f);
  }
  for (int64_t head = 0; head < task.group; ++head) {
    const int64_t column = head * task.head_dim;
    for (int64_t row = 0; row < task.rows; ++row) {
      attend_grad(task, task.q + row * task.q_stride + column, task.dout + row * task.dout_stride + column, task.visible[row],
                  task.dq + row * task.dq_stride + column);
    }
  }
}

void rms_norm_grad(const RmsNormGradTask& task) {
  if (task.dgain != nullptr) std::fill_n(task.dgain, task.width, 0.0f);
  for (int64_t row = 0; row < task.rows; ++row) {
    const float* const in = task.in + row * task.in_stride;
    const float* const dout = task.dout + row * task.dout_stride;
    float* const din = task.din + row * task.din_stride;
    float squares = 0;
    float products = 0;
    for (int64_t i = 0; i < task.width; ++i) {
      squares += in[i] * in[i];
      products += in[i] * task.gain[i] * dout[i];
    }
    const float width = static_cast<float>(task.width);
    const float factor = 1.0f / std::sqrt(squares / width + task.eps);
    const float pull = products * factor * factor * factor / width;
    for (int64_t i = 0; i < task.width; ++i) {
      din[i] += dout[i] * task.gain[i] * factor - in[i] * pull;
      if (task.dgain != nullptr) task.dgain[i] += dout[i] * in[i] * factor;
    }
  }
}

}  // namespace

const GradientOps kScalarGradientOps = {attention_grad_scratch, attention_grad, rms_norm_grad};

}  // namespace dllm
