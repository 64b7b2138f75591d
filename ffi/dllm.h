/*
 * dllm.h - the one C ABI of the dllm-lab engines (CPU, and later CUDA and Ascend).
 *
 * A caller opens a device, creates buffers and packed weights on it, records a command buffer (plain bytes, laid out as
 * below) and submits it. One submit is one crossing of the boundary: the parameter words go in, every record runs in order,
 * the result bytes come out. A command buffer can be compiled once into a plan and run again with other parameters: what
 * changes from round to round (row counts, tokens, positions, cache lengths, requested rows, uniforms) is read from the
 * parameter buffer at run time and never stands in a record.
 *
 * Rules of the ABI
 *  - Every function returns a dllm_status; text goes to (err, err_cap) of the same call, always NUL-terminated, and says
 *    what was given, what is wanted and the remedy. err may be NULL when err_cap is 0.
 *  - Handles are opaque non-zero 64-bit ids, never addresses. Memory handed in belongs to the caller and is not kept.
 *  - Nothing is thrown, nothing aborts; sizes, offsets and handles are checked here and not trusted.
 *  - Calls on one device are serialised by the library; calls on different devices run in parallel. A library is never
 *    unloaded. Integers are little-endian; all structs are naturally aligned with no implicit padding.
 *  - Kernels are batch- and thread-invariant: a row's result depends on its own inputs alone, never on how many rows,
 *    segments or threads share the pass. Every reduction has one fixed order (over K; over keys by absolute position).
 */
#ifndef DLLM_H
#define DLLM_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
#define DLLM_NOEXCEPT noexcept
extern "C" {
#else
#define DLLM_NOEXCEPT
#endif

#if defined(_WIN32)
#define DLLM_API __declspec(dllexport)
#else
#define DLLM_API __attribute__((visibility("default")))
#endif

#define DLLM_ABI_VERSION 3u

typedef int32_t dllm_status;
enum {
  DLLM_OK = 0,
  DLLM_INVALID_ARGUMENT = 1, /* a value in the call itself is out of range */
  DLLM_BAD_HANDLE = 2,       /* an id that was never given out, or was destroyed */
  DLLM_BAD_COMMAND = 3,      /* a record or a parameter table breaks the layout below */
  DLLM_OUT_OF_MEMORY = 4,
  DLLM_UNSUPPORTED = 5, /* e.g. an instruction set that this machine lacks */
  DLLM_NUMERIC = 6,     /* NaN or infinity in weights, activations or logits */
  DLLM_INTERNAL = 7,
  DLLM_ABORTED = 8 /* an all-reduce of a group that was given up */
};

/* Element types. */
enum { DLLM_F32 = 1, DLLM_BF16 = 2, DLLM_F16 = 3 };

/* Instruction sets of the CPU library; DLLM_ISA_BEST picks the highest that runs here. */
enum { DLLM_ISA_BEST = 0, DLLM_ISA_SCALAR = 1, DLLM_ISA_AVX2 = 2, DLLM_ISA_AVX512 = 3, DLLM_ISA_AVX512_BF16 = 4, DLLM_ISA_NEON = 5 };

typedef struct dllm_device_options {
  uint32_t size;    /* sizeof(dllm_device_options) */
  uint32_t threads; /* worker threads, 1..256; 0 = one per hardware thread */
  uint32_t isa;     /* DLLM_ISA_* */
  uint32_t reserved;
} dllm_device_options;

/* The library's own version and build: JSON {"backend","compiler","isas":[...],"best"} into out (NUL-terminated). */
DLLM_API uint32_t dllm_abi_version(void) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_build_info(char *out, uint64_t out_cap) DLLM_NOEXCEPT;
/* Nanoseconds of the machine's steady clock. */
DLLM_API uint64_t dllm_clock(void) DLLM_NOEXCEPT;

DLLM_API dllm_status dllm_device_open(const dllm_device_options *options, uint64_t options_bytes, uint64_t *device, char *err,
                                      uint64_t err_cap) DLLM_NOEXCEPT;
/* Frees the device with all its buffers, weights and plans. */
DLLM_API dllm_status dllm_device_close(uint64_t device, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
/* JSON {"backend","isa","threads","bytes"}; bytes = memory now held by buffers and weights. */
DLLM_API dllm_status dllm_device_info(uint64_t device, char *out, uint64_t out_cap, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
/* Measured arithmetic ceiling: runs the inner multiply-add of `dtype` on registers for about `seconds` on every thread of
 * the device and gives multiply-adds x 2 per second in 1e9. For benches. */
DLLM_API dllm_status dllm_device_peak(uint64_t device, uint32_t dtype, double seconds, double *gflops, char *err,
                                      uint64_t err_cap) DLLM_NOEXCEPT;

/* Buffers: zero-filled at creation, 64-byte aligned. */
DLLM_API dllm_status dllm_buffer_create(uint64_t device, uint64_t bytes, uint64_t *buffer, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_buffer_destroy(uint64_t device, uint64_t buffer, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_buffer_write(uint64_t device, uint64_t buffer, uint64_t offset, const void *src, uint64_t bytes, char *err,
                                       uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_buffer_read(uint64_t device, uint64_t buffer, uint64_t offset, void *dst, uint64_t bytes, char *err,
                                      uint64_t err_cap) DLLM_NOEXCEPT;

/*
 * Weights: a matrix of n output rows by k inputs (PyTorch's Linear.weight), kept in the engine's own packed layout as F32
 * or BF16. Created as zeros, then written in pieces straight from a checkpoint's bytes (row-major, any alignment).
 * Source row i goes to row  row_begin + (i / group) * group_stride + i % group ; group = row_count for plain rows. Gate and
 * up projections of a SwiGLU are interleaved with group 16, group_stride 32, row_begin 0 and 16.
 * Non-finite entries are refused with DLLM_NUMERIC, naming the entry. A BF16 source into an F32 weight is widened exactly;
 * F32 into BF16 rounds to nearest even.
 */
DLLM_API dllm_status dllm_weight_create(uint64_t device, uint32_t dtype, uint64_t n, uint64_t k, uint64_t *weight, char *err,
                                        uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_weight_write(uint64_t device, uint64_t weight, uint64_t row_begin, uint64_t row_count, uint64_t group,
                                       uint64_t group_stride, uint32_t src_dtype, const void *src, uint64_t src_bytes, char *err,
                                       uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_weight_destroy(uint64_t device, uint64_t weight, char *err, uint64_t err_cap) DLLM_NOEXCEPT;

/*
 * Running. `params` (params_bytes, a multiple of 4) is copied to offset 0 of the params buffer before the first record;
 * after the last one `out_bytes` are copied from the output buffer at the header's output offset to `out`.
 * times_ns (may be NULL) receives two numbers: when the run began, on the clock of dllm_clock, and the time spent inside.
 * dllm_submit checks and runs once; a plan is checked once.
 */
DLLM_API dllm_status dllm_submit(uint64_t device, const void *commands, uint64_t bytes, const void *params, uint64_t params_bytes,
                                 void *out, uint64_t out_bytes, uint64_t *times_ns, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_plan_create(uint64_t device, const void *commands, uint64_t bytes, uint64_t *plan, char *err,
                                      uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_plan_run(uint64_t device, uint64_t plan, const void *params, uint64_t params_bytes, void *out,
                                   uint64_t out_bytes, uint64_t *times_ns, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_plan_destroy(uint64_t device, uint64_t plan, char *err, uint64_t err_cap) DLLM_NOEXCEPT;

/* ------------------------------------------------------------------------------------------------------------------
 * The command buffer: one dllm_header, then `records` records. A record is a dllm_record followed by its payload; its
 * bytes count both and are a multiple of 8. Activations are row-major f32; a stride counts elements from row to row.
 * "word w" below is the 32-bit word w of the params buffer; a field named *_at is such a word index.
 * ---------------------------------------------------------------------------------------------------------------- */
#define DLLM_MAGIC 0x4d4c4c44u /* "DLLM" */

typedef struct dllm_header {
  uint32_t magic;
  uint32_t abi; /* DLLM_ABI_VERSION */
  uint32_t records;
  uint32_t reserved;
  uint64_t params; /* buffer */
  uint64_t output; /* buffer, 0 = none */
  uint64_t output_offset;
} dllm_header;

typedef struct dllm_record {
  uint32_t op;
  uint32_t bytes;
} dllm_record;

typedef struct dllm_ref {
  uint64_t buffer; /* 0 = absent, where a field allows it */
  uint64_t offset; /* bytes, a multiple of 4 */
} dllm_ref;

enum {
  DLLM_OP_EMBED = 1,
  DLLM_OP_RMS_NORM = 2,
  DLLM_OP_MATMUL = 3,
  DLLM_OP_ROPE_KV = 4,
  DLLM_OP_ATTENTION = 5,
  DLLM_OP_HEAD = 6,
  DLLM_OP_COPY_ROWS = 7,
  /* training */
  DLLM_OP_PACK = 8,
  DLLM_OP_MATMUL_GRAD = 9,
  DLLM_OP_RMS_NORM_GRAD = 10,
  DLLM_OP_SWIGLU = 11,
  DLLM_OP_SWIGLU_GRAD = 12,
  DLLM_OP_ATTENTION_GRAD = 13,
  DLLM_OP_ROPE_KV_GRAD = 14,
  DLLM_OP_EMBED_GRAD = 15,
  DLLM_OP_FILL = 16,
  DLLM_OP_TOKEN_LOSS = 17,
  DLLM_OP_SUM_SQUARES = 18,
  DLLM_OP_ADAMW = 19,
  DLLM_OP_LERP = 20,
  /* divided models */
  DLLM_OP_ALL_REDUCE = 21,
  DLLM_OP_SHARD_SUMS = 22,
  DLLM_OP_SHARD_WINNERS = 23
};

/* out[i, 0..k) = row word[tokens_at + i] of weight, i < word[rows_at] <= max_rows. */
typedef struct dllm_embed {
  uint64_t weight; /* [vocab, k] */
  dllm_ref out;
  uint32_t out_stride, rows_at, tokens_at, max_rows;
} dllm_embed;

/* out[i] = in[i] * rsqrt(mean(in[i]^2) + eps) * gain, over `width` elements. in and out may be the same. */
typedef struct dllm_rms_norm {
  dllm_ref in, gain, out; /* gain: f32[width] */
  uint32_t width, in_stride, out_stride, rows_at, max_rows;
  float eps;
} dllm_rms_norm;

enum { DLLM_EPILOGUE_NONE = 0, DLLM_EPILOGUE_SWIGLU = 1 };

/*
 * out[i, j] = sum_k in[i, k] * weight[j, k] (+ bias[j]) (+ residual[i, j]), j < out_cols <= n; k from the weight.
 * With a BF16 weight the inputs are rounded to BF16 first; the sum is f32 in both cases. out may be the residual.
 * SWIGLU: weight rows come in groups of 32 (16 gate, 16 up); out[i, j] = silu(gate_j) * up_j, j < out_cols <= n / 2;
 * bias and residual must be absent.
 */
typedef struct dllm_matmul {
  dllm_ref in, bias, residual, out; /* bias f32[n], residual: absent or present */
  uint64_t weight;
  uint32_t in_stride, residual_stride, out_stride, out_cols, rows_at, max_rows, epilogue, reserved;
} dllm_matmul;

/*
 * qkv rows hold heads*head_dim query, kv_heads*head_dim key and kv_heads*head_dim value elements. Queries are rotated in
 * place; rotated keys and the values go to row i of keys/values (row length kv_heads*head_dim). Rotate-half convention:
 * pairs (d, d + head_dim/2). table: f32 [max_position, head_dim], first half cos, second half sin, per position.
 */
typedef struct dllm_rope_kv {
  dllm_ref qkv, table, keys, values;
  uint32_t qkv_stride, heads, kv_heads, head_dim, rows_at, positions_at, max_rows, max_position;
} dllm_rope_kv;

/*
 * softmax(q k^T * scale) v for every row of every segment. A segment is a run of query rows (one branch's window, or rows
 * shared by all branches) that sees up to four key ranges, given in ascending, non-overlapping absolute positions. Row r
 * sees the keys of its segment's ranges at positions < word[limits_at + r]; it must see at least one.
 * word[segments_at] = segment count S <= max_segments; then S entries of DLLM_SEGMENT_WORDS words:
 *   row_begin, row_count, range_count (1..4), 0, then 4 x { source (0 cache, 1 fresh), position_begin, count, row_begin }
 * where row_begin is the row of `cache_*` or `fresh_*` that holds position_begin. Rows of different segments are disjoint.
 * head h reads kv head h / (heads / kv_heads). Rows of q that belong to no segment are left alone.
 */
#define DLLM_SEGMENT_WORDS 20
typedef struct dllm_attention {
  dllm_ref q, fresh_keys, fresh_values, cache_keys, cache_values, out; /* keys/values: [rows, kv_heads*head_dim] */
  uint32_t q_stride, out_stride, heads, kv_heads, head_dim, segments_at, limits_at, max_segments, max_rows, cache_rows;
  float scale;
  uint32_t reserved;
} dllm_attention;

/*
 * Output head and confidence, fused: for each request the logits of one hidden row, and what a sampler needs of them.
 * word[requests_at] = count Q <= max_requests; then Q entries of DLLM_REQUEST_WORDS words:
 *   0 row        >= 0: row of `hidden`; < 0: row -1-row of `boundary`
 *   1 flags      DLLM_CONFIDENCE_*
 *   2 temperature f32 (0 = greedy), 3 top_p f32 (>= 1 = off), 4 top_k i32 (0 = off), 5 entropy epsilon f32
 *   6,7 uniform in [0, 1) as f64 (low word first), used when temperature > 0
 * word[barred_at] = count, then that many token ids whose logits become -infinity before anything else.
 * Steps, as the Dream family does them: divide by temperature if > 0; nucleus filter (keep while the preceding cumulative
 * mass <= top_p, the first always); top-k filter (keep >= the k-th largest); softmax; token = lowest-id argmax of the
 * probabilities, or for temperature > 0 the first token, in id order, whose cumulative probability exceeds the uniform.
 * probability = of that token; margin = p1 - p2 (largest two); neg_entropy = sum p * log(p + epsilon).
 * DLLM_CONFIDENCE_RAW (LLaDA family): the three numbers come from the softmax of the unscaled, unfiltered logits.
 * DLLM_CONFIDENCE_BF16: logits, probabilities, logs and products are rounded to bf16 where the reference rounds them; the
 * argmax is over the bf16 probabilities.
 * Result of request r, at out + 32*r: i32 token, f32 probability, f32 margin, f32 neg_entropy, f32 max logit, i32 0 x 3.
 * top_count > 0: the top_count most probable (id i32, probability f32) pairs of r, by probability then id, at top + 8*top_count*r.
 * logits present: the raw f32 logits [Q, vocab] (before barring). Non-finite logits give DLLM_NUMERIC, naming the request.
 */
#define DLLM_REQUEST_WORDS 8
enum { DLLM_CONFIDENCE_BF16 = 1, DLLM_CONFIDENCE_RAW = 2 };
typedef struct dllm_head {
  dllm_ref hidden, boundary, out, top, logits; /* boundary, top, logits may be absent */
  uint64_t weight;                             /* [vocab, width] */
  uint32_t hidden_stride, max_rows, boundary_rows, vocab, requests_at, max_requests, barred_at, top_count;
} dllm_head;

/*
 * Copies rows between buffers, the same rows in each of `planes` planes: the cache commit.
 * word[table_at] = count n <= max_entries; then n entries of 3 words: source row, destination row, row count.
 */
typedef struct dllm_copy_rows {
  dllm_ref src, dst;
  uint64_t row_bytes, src_plane_bytes, dst_plane_bytes;
  uint32_t src_rows, dst_rows, planes, table_at, max_entries, reserved;
} dllm_copy_rows;

/* The records of training, and those of models that are divided. */
#include "dllm_training.h"
#include "dllm_parallel.h"

#if defined(__cplusplus)
}
#endif
#endif
