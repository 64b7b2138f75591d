#include "group.h"
#include "record_op.h"

namespace dllm {
namespace {

class AllReduce : public RowsOp<dllm_all_reduce> {
 public:
  explicit AllReduce(Record& record) : RowsOp(record) {
    site_.want_positive("width", p_.width);
    group_ = &record.group("group", p_.group);
    if (p_.member >= group_->size()) site_.refuse("member", p_.member, format("below the group's size of %u", group_->size()));
    values_ = record.write("values", p_.values, {p_.max_rows, p_.width, p_.stride});
    record.check_overlaps();
  }

  void run(const Words& words, const Engine& engine) const override {
    try {
      group_->all_reduce(p_.member, {values_, words[p_.rows_at], p_.width, p_.stride}, engine.pool);
    } catch (const Failure& failure) {
      site_.fail(failure.status(), failure.what());
    }
  }

 private:
  Group* group_;  // the plan keeps it
  float* values_;
};

}  // namespace

std::unique_ptr<Op> record_all_reduce(Record& record) { return std::make_unique<AllReduce>(record); }

}  // namespace dllm
