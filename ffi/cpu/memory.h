// Memory that is zero-filled and aligned for the widest vectors.
#ifndef DLLM_MEMORY_H
#define DLLM_MEMORY_H

#include <cstdint>

namespace dllm {

class Memory {
 public:
  static constexpr uint64_t kAlignment = 64;

  Memory() = default;
  // Throws Failure (DLLM_OUT_OF_MEMORY) when `bytes` are more than the machine has or gives.
  explicit Memory(uint64_t bytes);
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&& other) noexcept;
  ~Memory();

  unsigned char* data() const noexcept { return data_; }
  uint64_t bytes() const noexcept { return bytes_; }

 private:
  void* block_ = nullptr;
  unsigned char* data_ = nullptr;
  uint64_t bytes_ = 0;
};

// A part of a memory after which the next one is aligned, too.
constexpr uint64_t aligned(uint64_t bytes) { return (bytes + Memory::kAlignment - 1) / Memory::kAlignment * Memory::kAlignment; }

// Throws Failure (DLLM_OUT_OF_MEMORY) when `bytes` exceed the machine's physical memory: a machine that overcommits would
// hand them out and end the process when they are touched.
void require_physical_memory(uint64_t bytes);

}  // namespace dllm
#endif
