#include <algorithm>
#include <cmath>

#include "chunks.h"
#include "record.h"

namespace dllm {
namespace {

class Fill : public Op {
 public:
  explicit Fill(Record& record) : p_(record.payload<dllm_fill>()) {
    const Site& site = record.site();
    site.want(p_.reserved == 0, "reserved", p_.reserved, "0");
    want_elements(site, p_.count);
    if (!std::isfinite(p_.value)) {
      site.fail(DLLM_BAD_COMMAND, format("value is %g, wanted a finite number", static_cast<double>(p_.value)));
    }
    dst_ = record.write("dst", p_.dst, {1, p_.count, p_.count});
  }

  uint64_t check(const Words&, const Device&) const override { return 0; }

  void run(const Words&, const Engine& engine) const override {
    for_chunks(engine.pool, p_.count,
               [&](int64_t, uint64_t begin, int64_t n) noexcept { std::fill_n(dst_ + begin, n, p_.value); });
  }

 private:
  dllm_fill p_;
  float* dst_;
};

}  // namespace

std::unique_ptr<Op> record_fill(Record& record) { return std::make_unique<Fill>(record); }

}  // namespace dllm
