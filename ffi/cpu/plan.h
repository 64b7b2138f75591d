// Checked command buffers.
#ifndef DLLM_PLAN_H
#define DLLM_PLAN_H

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "device.h"
#include "group.h"

namespace dllm {

// The 32-bit words of the params buffer. Record checks make sure that the words up to each table's largest size exist.
struct Words {
  const uint32_t* data;
  uint64_t count;

  uint32_t operator[](uint64_t at) const noexcept { return data[at]; }
  const uint32_t* at(uint64_t index) const noexcept { return data + index; }
  // The bits of a word as f32.
  float real(uint64_t at) const noexcept {
    float value;
    std::memcpy(&value, data + at, sizeof value);
    return value;
  }
};

// One record of a plan, its buffers resolved and its fixed sizes checked.
class Op {
 public:
  virtual ~Op() = default;
  // Checks what the parameter words say, before any record runs; the scratch bytes that run will use. Throws Failure.
  virtual uint64_t check(const Words& words, const Device& device) const = 0;
  // Throws Failure (DLLM_NUMERIC) or std::bad_alloc.
  virtual void run(const Words& words, const Engine& engine) const = 0;
};

class Plan {
 public:
  // Checks a command buffer as far as it can be without parameters.
  Plan(const Device& device, const void* commands, uint64_t bytes);

  void run(Device& device, const void* params, uint64_t params_bytes, void* out, uint64_t out_bytes) const;

 private:
  friend class Record;

  void require_objects() const;
  void run_once(Device& device, const void* params, uint64_t params_bytes, void* out, uint64_t out_bytes) const;

  std::shared_ptr<Buffer> params_;
  std::shared_ptr<Buffer> output_;  // may be null
  uint64_t output_offset_ = 0;
  std::vector<std::pair<uint64_t, std::shared_ptr<Buffer>>> buffers_;  // that records name, each once
  std::vector<std::pair<uint64_t, std::shared_ptr<Weight>>> weights_;
  std::vector<std::shared_ptr<Group>> groups_;
  uint64_t params_handle_ = 0;
  uint64_t output_handle_ = 0;
  std::vector<std::unique_ptr<Op>> ops_;
};

// Gives up the groups that a command buffer's records name, as far as it can be read: others may wait for one that was refused.
void abort_groups(const void* commands, uint64_t bytes) noexcept;

}  // namespace dllm
#endif
