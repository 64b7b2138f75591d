// What ROPE_KV and its gradient have in common: a row per position, as wide as queries, keys and values.
#ifndef DLLM_ROPE_OP_H
#define DLLM_ROPE_OP_H

#include "head_shape.h"
#include "record_op.h"

namespace dllm {

template <class Payload>
class RopeOp : public RowsOp<Payload> {
 public:
  explicit RopeOp(Record& record) : RowsOp<Payload>(record) {
    const Payload& p = this->p_;
    check_head_shape(this->site_, p.heads, p.kv_heads, p.head_dim);
    this->site_.want(p.head_dim % 2 == 0, "head_dim", p.head_dim, "an even number");
    this->site_.want_positive("max_position", p.max_position);
    record.words("positions_at", p.positions_at, p.max_rows);
  }

  uint64_t check(const Words& words, const Device&) const override {
    const Payload& p = this->p_;
    const uint32_t rows = this->checked_rows(words);
    for (uint32_t i = 0; i < rows; ++i) {
      const uint32_t position = words[uint64_t{p.positions_at} + i];
      if (position < p.max_position) continue;
      this->site_.fail(DLLM_BAD_COMMAND, format("position %u is %u, wanted below max_position %u", i, position, p.max_position));
    }
    return 0;
  }

 protected:
  uint64_t kv_width() const { return uint64_t{this->p_.kv_heads} * this->p_.head_dim; }
  uint64_t width() const { return uint64_t{this->p_.heads} * this->p_.head_dim + 2 * kv_width(); }
};

}  // namespace dllm
#endif
