#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "failure.h"

namespace dllm {
namespace {

using ull = unsigned long long;

uint64_t physical_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) : UINT64_MAX;
}

// Asks for large pages, where the system gives them on request: rows far apart then share few address translations.
void advise_large_pages(unsigned char* data, uint64_t bytes) {
#if defined(MADV_HUGEPAGE)
  constexpr uint64_t kLargePage = uint64_t{2} << 20;
  const uint64_t skip = (kLargePage - reinterpret_cast<uintptr_t>(data) % kLargePage) % kLargePage;
  if (bytes >= skip + kLargePage) madvise(data + skip, bytes - skip, MADV_HUGEPAGE);
#else
  (void)data;
  (void)bytes;
#endif
}

}  // namespace

void require_physical_memory(uint64_t bytes) {
  static const uint64_t limit = physical_memory();
  if (bytes <= limit) return;
  throw Failure(DLLM_OUT_OF_MEMORY, format("%llu bytes are wanted, this machine has %llu; use smaller shapes or split them",
                                           static_cast<ull>(bytes), static_cast<ull>(limit)));
}

Memory::Memory(uint64_t bytes) : bytes_(bytes) {
  require_physical_memory(bytes);
  block_ = std::calloc(1, bytes + kAlignment);
  if (block_ == nullptr) {
    throw Failure(DLLM_OUT_OF_MEMORY, format("the system refused %llu bytes; free buffers or use smaller shapes",
                                             static_cast<ull>(bytes)));
  }
  const uint64_t excess = reinterpret_cast<uintptr_t>(block_) % kAlignment;
  data_ = static_cast<unsigned char*>(block_) + (excess == 0 ? 0 : kAlignment - excess);
  advise_large_pages(data_, bytes);
}

Memory::Memory(Memory&& other) noexcept { *this = std::move(other); }

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(block_, other.block_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Memory::~Memory() { std::free(block_); }

}  // namespace dllm
