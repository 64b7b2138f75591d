// A device of the CPU engine and what lives on it.
#ifndef DLLM_DEVICE_H
#define DLLM_DEVICE_H

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "entropy_table.h"
#include "gemm/gemm.h"
#include "handles.h"
#include "memory.h"
#include "vector_ops.h"

namespace dllm {

// A plan keeps the objects that its records name, so it can tell that one was destroyed; the memory goes at once.
struct Buffer {
  explicit Buffer(uint64_t bytes) : memory(bytes) {}
  Memory memory;
  bool destroyed = false;
};

struct Weight {
  explicit Weight(PackedWeight packed) : matrix(std::move(packed)) {}
  std::optional<PackedWeight> matrix;
  bool destroyed = false;
};

class Plan;

// What the records of a plan run on.
struct Engine {
  ThreadPool& pool;
  Isa isa;
  const VectorOps& ops;
  EntropyTable& entropies;
  unsigned char* scratch;  // as many bytes as the largest Op::check asked for
};

class Device {
 public:
  Device(unsigned threads, Isa isa) : isa(isa), ops(vector_ops(isa)), pool(threads) {}

  // Bytes held by buffers and weights.
  uint64_t bytes() const;
  // The engine with working memory of at least `scratch_bytes`. Throws Failure when that cannot be had.
  Engine engine(uint64_t scratch_bytes);

  const Isa isa;
  const VectorOps& ops;
  ThreadPool pool;
  std::mutex mutex;  // held by every call on the device
  bool closed = false;
  Handles<Buffer> buffers{"buffer"};
  Handles<Weight> weights{"weight"};
  Handles<Plan> plans{"plan"};

 private:
  Memory scratch_;
  EntropyTable entropies_;
};

// The name of an instruction set in infos and texts.
const char* isa_name(Isa isa) noexcept;

// Opens a device; `threads` 0 means one per hardware thread.
uint64_t open_device(uint32_t threads, uint32_t isa);
void close_device(uint64_t handle);

// A device kept alive and locked for one call.
class LockedDevice {
 public:
  explicit LockedDevice(uint64_t handle);
  Device* operator->() const noexcept { return device_.get(); }
  Device& operator*() const noexcept { return *device_; }

 private:
  std::shared_ptr<Device> device_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace dllm
#endif
