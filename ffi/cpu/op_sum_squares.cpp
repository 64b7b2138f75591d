#include <algorithm>
#include <cmath>

#include "chunks.h"
#include "record_op.h"
#include "training_kernels.h"

namespace dllm {
namespace {

// Chunks are added up from the first to the last.
class SumSquares : public RecordOp<dllm_sum_squares> {
 public:
  explicit SumSquares(Record& record) : RecordOp(record) {
    want_elements(site_, p_.count);
    src_ = record.read("src", p_.src, {1, p_.count, p_.count});
    out_ = record.bytes("out", p_.out, {1, sizeof(double), sizeof(double)}, true);
    record.check_overlaps();
  }

  uint64_t check(const Words&, const Device&) const override { return chunk_count(p_.count) * sizeof(double); }

  void run(const Words&, const Engine& engine) const override {
    const TrainingKernels& kernels = training_kernels(engine.isa);
    double* const sums = reinterpret_cast<double*>(engine.scratch);
    for_chunks(engine.pool, p_.count, [&](int64_t chunk, uint64_t begin, int64_t n) noexcept {
      sums[chunk] = kernels.sum_squares(src_ + begin, n);
    });
    double total = 0;
    for (uint64_t chunk = 0; chunk < chunk_count(p_.count); ++chunk) total += sums[chunk];
    if (!std::isfinite(total)) report();
    std::memcpy(out_, &total, sizeof total);
  }

 private:
  // Squares of finite f32 numbers do not overflow in f64, so one of the elements is not finite.
  [[noreturn]] void report() const {
    const float* const bad = std::find_if(src_, src_ + p_.count, [](float x) { return !std::isfinite(x); });
    site_.fail(DLLM_NUMERIC, format("src[%llu] is %g, wanted finite numbers; look for a diverging loss or overflow in the backward pass",
                                    static_cast<unsigned long long>(bad - src_), static_cast<double>(*bad)));
  }

  const float* src_;
  unsigned char* out_;
};

}  // namespace

std::unique_ptr<Op> record_sum_squares(Record& record) { return std::make_unique<SumSquares>(record); }

}  // namespace dllm
