#include "group.h"
#include "record.h"

namespace dllm {
namespace {

class AllReduce : public Op {
 public:
  explicit AllReduce(Record& record) : site_(record.site()), p_(record.payload<dllm_all_reduce>()) {
    site_.want(p_.reserved == 0, "reserved", p_.reserved, "0");
    site_.want(p_.width >= 1, "width", p_.width, "at least 1");
    site_.want(p_.max_rows >= 1, "max_rows", p_.max_rows, "at least 1");
    group_ = &record.group("group", p_.group);
    if (p_.member >= group_->size()) site_.refuse("member", p_.member, format("below the group's size of %u", group_->size()));
    values_ = record.write("values", p_.values, {p_.max_rows, p_.width, p_.stride});
    record.check_overlaps();
    record.words("rows_at", p_.rows_at, 1);
  }

  uint64_t check(const Words& words, const Device&) const override {
    site_.count(words, "rows_at", p_.rows_at, p_.max_rows);
    return 0;
  }

  void run(const Words& words, const Engine& engine) const override {
    try {
      group_->all_reduce(p_.member, {values_, words[p_.rows_at], p_.width, p_.stride}, engine.pool);
    } catch (const Failure& failure) {
      site_.fail(failure.status(), failure.what());
    }
  }

 private:
  Site site_;
  dllm_all_reduce p_;
  Group* group_;  // the plan keeps it
  float* values_;
};

}  // namespace

std::unique_ptr<Op> record_all_reduce(Record& record) { return std::make_unique<AllReduce>(record); }

}  // namespace dllm
