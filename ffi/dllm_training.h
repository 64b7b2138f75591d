/*
 * dllm_training.h - the training half of the C ABI: records of the ops from DLLM_OP_PACK on. Included by dllm.h, whose types it
 * uses; include that one.
 */
#ifndef DLLM_TRAINING_H
#define DLLM_TRAINING_H

#include <stdint.h>

/* ------------------------------------------------------------------------------------------------------------------
 * Training. Master weights, gradients and optimiser state are plain f32 buffers; the forward ops above run on packed
 * copies of the weights. Gradients of weights are added to what their buffer holds (FILL clears them), in an order that
 * does not depend on the number of threads.
 * ---------------------------------------------------------------------------------------------------------------- */

/*
 * Packs a master matrix: weight[j, i] = scale * src[j, i], or with transpose = 1 weight[i, j] = scale * src[j, i], for
 * j < rows, i < cols. The weight is rows x cols, transposed cols x rows; a BF16 weight rounds to nearest even. Entries that
 * are not finite give DLLM_NUMERIC. The gradient of a linear layer's input is a MATMUL with the transposed copy.
 */
typedef struct dllm_pack {
  uint64_t weight;
  dllm_ref src; /* f32 [rows, src_stride] */
  uint32_t rows, cols, src_stride, transpose;
  float scale;
  uint32_t reserved;
} dllm_pack;

/*
 * Gradient of a linear layer's weight: dweight[j, i] += scale * sum_r dout[r, j] * in[r, i] and, where dbias is present,
 * dbias[j] += scale * sum_r dout[r, j]; r < word[rows_at]. dtype BF16 rounds both factors of the products to BF16 (sums stay
 * f32); dbias is f32 in both cases.
 */
typedef struct dllm_matmul_grad {
  dllm_ref dout, in, dweight, dbias; /* [max_rows, n], [max_rows, k], f32 [n, k] contiguous, f32 [n] or absent */
  uint32_t n, k, dout_stride, in_stride, rows_at, max_rows, dtype;
  float scale;
} dllm_matmul_grad;

/* Backward of RMS_NORM: din[i] += gradient of the input (din may hold the residual stream's), dgain += gradient of the gain. */
typedef struct dllm_rms_norm_grad {
  dllm_ref in, gain, dout, din, dgain; /* dgain may be absent */
  uint32_t width, in_stride, dout_stride, din_stride, rows_at, max_rows;
  float eps;
  uint32_t reserved;
} dllm_rms_norm_grad;

/* out[i, j] = silu(in[i, j]) * in[i, width + j], j < width. */
typedef struct dllm_swiglu {
  dllm_ref in, out; /* [max_rows, 2 width], [max_rows, width] */
  uint32_t width, in_stride, out_stride, rows_at, max_rows, reserved;
} dllm_swiglu;

/* Backward of SWIGLU: din = gradient of `in`; din may be `in`. */
typedef struct dllm_swiglu_grad {
  dllm_ref in, dout, din;
  uint32_t width, in_stride, dout_stride, din_stride, rows_at, max_rows;
} dllm_swiglu_grad;

/*
 * Backward of ATTENTION where every segment has exactly one range, of fresh keys, and the key rows of different segments
 * are disjoint: the tables are those of the forward. q is the rotated query. Writes dq, dkeys and dvalues (rows of no
 * segment are left alone).
 */
typedef struct dllm_attention_grad {
  dllm_ref q, keys, values, dout, dq, dkeys, dvalues;
  uint32_t q_stride, dout_stride, dq_stride, heads, kv_heads, head_dim, segments_at, limits_at, max_segments, max_rows;
  float scale;
  uint32_t reserved;
} dllm_attention_grad;

/*
 * Backward of ROPE_KV: dqkv holds the gradient of the rotated query in its first heads*head_dim columns, which are rotated
 * back in place; the gradient of the unrotated keys and of the values is written to the columns behind them.
 */
typedef struct dllm_rope_kv_grad {
  dllm_ref dqkv, table, dkeys, dvalues;
  uint32_t dqkv_stride, heads, kv_heads, head_dim, rows_at, positions_at, max_rows, max_position;
} dllm_rope_kv_grad;

/* dtable[token i, 0..k) += dout[i, 0..k) for the rows of EMBED, in row order; tokens equal to `skip` are left out (0xffffffff: none). */
typedef struct dllm_embed_grad {
  dllm_ref dout, dtable; /* dtable: f32 [vocab, k] contiguous */
  uint32_t vocab, k, dout_stride, rows_at, tokens_at, max_rows, skip, reserved;
} dllm_embed_grad;

/* dst[0..count) = value. */
typedef struct dllm_fill {
  dllm_ref dst;
  uint64_t count; /* elements */
  float value;
  uint32_t reserved;
} dllm_fill;

/*
 * Token losses and their gradient. word[rows_at] = count Q <= max_rows; then Q entries of DLLM_LOSS_WORDS words:
 *   0 target id, 1 hard weight f32, 2 soft weight f32, 3 certainty group (0xffffffff: none)
 * and word[groups_at] = count G <= max_groups, then G certainty weights f32. With z the logits of a row, pi = softmax(z),
 * q = softmax(teacher row), rho = softmax(z / temperature):
 *   hard = -log pi[target]
 *   soft = -sum q log pi (forward KL up to the entropy of q; DLLM_LOSS_REVERSE_KL: sum pi (log pi - log q))
 *   entropy = -sum rho log rho; a row is correct if the lowest-id argmax of z is the target
 * The loss is  sum_rows hard_weight * hard + soft_weight * soft  +  sum_groups weight / C * sum of entropy over the C correct
 * rows of the group (0 where C = 0; nothing flows through which rows are correct). dlogits receives its gradient.
 * Result of a row, at out + 16 * r: f32 hard, f32 soft (0 without a teacher), f32 entropy, f32 1 where correct, else 0.
 * temperature lies in 1e-6 to 1e6. Non-finite logits give DLLM_NUMERIC, naming the row.
 */
#define DLLM_LOSS_WORDS 4
enum { DLLM_LOSS_REVERSE_KL = 1 };
typedef struct dllm_token_loss {
  dllm_ref logits, teacher, dlogits, out; /* [max_rows, vocab] x 3; teacher may be absent; dlogits may be logits */
  uint32_t vocab, logits_stride, teacher_stride, dlogits_stride, rows_at, groups_at, max_rows, max_groups, flags;
  float temperature;
} dllm_token_loss;

/* out (f64, 8 bytes) = sum of squares of src[0..count), in f64. A sum that is not finite gives DLLM_NUMERIC. */
typedef struct dllm_sum_squares {
  dllm_ref src, out;
  uint64_t count;
} dllm_sum_squares;

/*
 * One AdamW update (decoupled decay) of `count` elements. Words at `words_at`, f32: 0 learning rate, 1 beta1, 2 beta2, 3 epsilon,
 * 4 1 - beta1^t, 5 1 - beta2^t, 6 largest gradient norm (0 = no clipping). g = grad * min(1, norm limit / (norm + 1e-6)), norm =
 * sqrt of the f64 at `norm_squared`; p -= lr * decay * p; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
 * p -= lr / c1 * m / (sqrt(v) / sqrt(c2) + eps). Runs nothing and gives DLLM_NUMERIC if the norm is not finite.
 */
#define DLLM_ADAMW_WORDS 7
typedef struct dllm_adamw {
  dllm_ref param, grad, moment1, moment2, norm_squared;
  uint64_t count;
  uint32_t words_at;
  float decay;
} dllm_adamw;

/* dst += t * (src - dst), t = f32 word[t_at] in [0, 1], `count` elements: a moving average of weights. */
typedef struct dllm_lerp {
  dllm_ref src, dst;
  uint64_t count;
  uint32_t t_at, reserved;
} dllm_lerp;

#endif
