#include <algorithm>

#include "chunks.h"
#include "record_op.h"

namespace dllm {
namespace {

class Fill : public RecordOp<dllm_fill> {
 public:
  explicit Fill(Record& record) : RecordOp(record) {
    want_elements(site_, p_.count);
    site_.want_finite("value", p_.value);
    dst_ = record.write("dst", p_.dst, {1, p_.count, p_.count});
  }

  void run(const Words&, const Engine& engine) const override {
    for_chunks(engine.pool, p_.count,
               [&](int64_t, uint64_t begin, int64_t n) noexcept { std::fill_n(dst_ + begin, n, p_.value); });
  }

 private:
  float* dst_;
};

}  // namespace

std::unique_ptr<Op> record_fill(Record& record) { return std::make_unique<Fill>(record); }

}  // namespace dllm
