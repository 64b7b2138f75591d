// What the ops of records have in common.
#ifndef DLLM_RECORD_OP_H
#define DLLM_RECORD_OP_H

#include "record.h"

namespace dllm {

// An op that keeps its site and its payload. A field `reserved` is 0.
template <class Payload>
class RecordOp : public Op {
 public:
  explicit RecordOp(Record& record) : site_(record.site()), p_(record.payload<Payload>()) {
    if constexpr (requires(Payload p) { p.reserved; }) site_.want(p_.reserved == 0, "reserved", p_.reserved, "0");
  }

  // Of ops to which the parameters say nothing that could be wrong.
  uint64_t check(const Words&, const Device&) const override { return 0; }

 protected:
  Site site_;
  Payload p_;
};

// An op on word[rows_at] of at most max_rows rows.
template <class Payload>
class RowsOp : public RecordOp<Payload> {
 public:
  explicit RowsOp(Record& record) : RecordOp<Payload>(record) {
    this->site_.want_positive("max_rows", this->p_.max_rows);
    record.words("rows_at", this->p_.rows_at, 1);
  }

  uint64_t check(const Words& words, const Device&) const override {
    checked_rows(words);
    return 0;
  }

 protected:
  uint32_t checked_rows(const Words& words) const {
    return this->site_.count(words, "rows_at", this->p_.rows_at, this->p_.max_rows);
  }
};

}  // namespace dllm
#endif
