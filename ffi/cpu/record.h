// Checking one record of a command buffer.
#ifndef DLLM_RECORD_H
#define DLLM_RECORD_H

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "plan.h"

namespace dllm {

// Names a record in texts: "record 3 (MATMUL)".
struct Site {
  uint32_t index;
  const char* op;

  // "record 3 (MATMUL): field is given, wanted ...".
  [[noreturn]] void refuse(const char* field, int64_t given, const std::string& wanted) const;
  [[noreturn]] void fail(dllm_status status, const std::string& text) const;
  void want(bool holds, const char* field, int64_t given, const char* wanted) const {
    if (!holds) refuse(field, given, wanted);
  }
  // Of numbers that are finite.
  void want_finite(const char* field, float given) const;
  void want_not_negative(const char* field, float given) const;
  void want_positive(const char* field, int64_t given) const { want(given >= 1, field, given, "at least 1"); }
  // word[at], refused above `most`.
  uint32_t count(const Words& words, const char* field, uint32_t at, uint32_t most) const;
};

// Rows of a matrix in a buffer, in elements of 4 bytes.
struct Rows {
  uint64_t rows, width, stride;
};

// Resolves the handles of one record, checks its regions against their buffers, and keeps the plan's list of objects.
class Record {
 public:
  Record(const Device& device, Plan& plan, Site site, const unsigned char* payload)
      : device_(device), plan_(plan), site_(site), payload_(payload) {}

  const Site& site() const noexcept { return site_; }

  template <class T>
  T payload() const {
    T value;
    std::memcpy(&value, payload_, sizeof value);
    return value;
  }

  const float* read(const char* field, const dllm_ref& ref, Rows rows) { return resolve(field, ref, rows, false); }
  float* write(const char* field, const dllm_ref& ref, Rows rows) { return resolve(field, ref, rows, true); }
  // Bytes instead of elements: `rows` rows of `width` bytes.
  unsigned char* bytes(const char* field, const dllm_ref& ref, Rows rows, bool written);
  const PackedWeight& weight(const char* field, uint64_t handle) { return resolve_weight(field, handle, false); }
  PackedWeight& written_weight(const char* field, uint64_t handle) { return resolve_weight(field, handle, true); }
  Group& group(const char* field, uint64_t handle);
  // The params buffer must hold words [at, at + count).
  void words(const char* field, uint64_t at, uint64_t count) const;

  // Two of the regions so far may be the very same (same buffer, offset and stride).
  void may_equal(const char* a, const char* b);
  // Refuses written regions that overlap another region of the record, and a weight that is written and named again. Call
  // after all regions and weights are named.
  void check_overlaps() const;

 private:
  struct Region {
    const char* field;
    uint64_t handle, offset;
    Rows rows;  // in bytes
    bool written;
  };

  struct WeightAccess {
    const char* field;
    uint64_t handle;
    bool written;
  };

  float* resolve(const char* field, const dllm_ref& ref, Rows rows, bool written);
  PackedWeight& resolve_weight(const char* field, uint64_t handle, bool written);
  const std::shared_ptr<Buffer>& buffer(const char* field, uint64_t handle);
  static bool overlap(const Region& a, const Region& b);

  const Device& device_;
  Plan& plan_;
  Site site_;
  const unsigned char* payload_;
  std::vector<Region> regions_;
  std::vector<WeightAccess> weight_accesses_;
  const char* equal_a_ = nullptr;
  const char* equal_b_ = nullptr;
};

// One per op code; each checks its payload and gives the op.
std::unique_ptr<Op> record_embed(Record& record);
std::unique_ptr<Op> record_rms_norm(Record& record);
std::unique_ptr<Op> record_matmul(Record& record);
std::unique_ptr<Op> record_rope_kv(Record& record);
std::unique_ptr<Op> record_attention(Record& record);
std::unique_ptr<Op> record_head(Record& record);
std::unique_ptr<Op> record_copy_rows(Record& record);
std::unique_ptr<Op> record_pack(Record& record);
std::unique_ptr<Op> record_matmul_grad(Record& record);
std::unique_ptr<Op> record_rms_norm_grad(Record& record);
std::unique_ptr<Op> record_swiglu(Record& record);
std::unique_ptr<Op> record_swiglu_grad(Record& record);
std::unique_ptr<Op> record_attention_grad(Record& record);
std::unique_ptr<Op> record_rope_kv_grad(Record& record);
std::unique_ptr<Op> record_embed_grad(Record& record);
std::unique_ptr<Op> record_fill(Record& record);
std::unique_ptr<Op> record_token_loss(Record& record);
std::unique_ptr<Op> record_sum_squares(Record& record);
std::unique_ptr<Op> record_adamw(Record& record);
std::unique_ptr<Op> record_lerp(Record& record);
std::unique_ptr<Op> record_all_reduce(Record& record);
std::unique_ptr<Op> record_shard_sums(Record& record);
std::unique_ptr<Op> record_shard_winners(Record& record);

}  // namespace dllm
#endif
