// The head counts of attention layers.
#ifndef DLLM_HEAD_SHAPE_H
#define DLLM_HEAD_SHAPE_H

#include "record.h"

namespace dllm {

// Limits that keep every product of two of them, and the sums of a few such products, far below 2^63.
constexpr uint32_t kMaxHeads = 1u << 16;
constexpr uint32_t kMaxHeadDim = 1u << 16;

inline void check_head_shape(const Site& site, uint32_t heads, uint32_t kv_heads, uint32_t head_dim) {
  site.want(heads >= 1 && heads <= kMaxHeads, "heads", heads, "1 to 65536");
  site.want(kv_heads >= 1 && heads % kv_heads == 0, "kv_heads", kv_heads, "a divisor of heads");
  site.want(head_dim >= 1 && head_dim <= kMaxHeadDim, "head_dim", head_dim, "1 to 65536");
}

}  // namespace dllm
#endif
