#include "chunks.h"
#include "record_op.h"
#include "training_kernels.h"

namespace dllm {
namespace {

class Lerp : public RecordOp<dllm_lerp> {
 public:
  explicit Lerp(Record& record) : RecordOp(record) {
    want_elements(site_, p_.count);
    src_ = record.read("src", p_.src, {1, p_.count, p_.count});
    dst_ = record.write("dst", p_.dst, {1, p_.count, p_.count});
    record.check_overlaps();
    record.words("t_at", p_.t_at, 1);
  }

  uint64_t check(const Words& words, const Device&) const override {
    const float t = words.real(p_.t_at);
    if (!(t >= 0 && t <= 1)) {
      site_.fail(DLLM_BAD_COMMAND, format("word[%u] (t_at) is %g, wanted 0 to 1", p_.t_at, static_cast<double>(t)));
    }
    return 0;
  }

  void run(const Words& words, const Engine& engine) const override {
    const TrainingKernels& kernels = training_kernels(engine.isa);
    const float t = words.real(p_.t_at);
    for_chunks(engine.pool, p_.count,
               [&](int64_t, uint64_t begin, int64_t n) noexcept { kernels.lerp(src_ + begin, dst_ + begin, n, t); });
  }

 private:
  const float* src_;
  float* dst_;
};

}  // namespace

std::unique_ptr<Op> record_lerp(Record& record) { return std::make_unique<Lerp>(record); }

}  // namespace dllm
