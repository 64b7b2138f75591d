// Loops over long arrays of elements.
#ifndef DLLM_CHUNKS_H
#define DLLM_CHUNKS_H

#include <cstdint>

#include "gemm/thread_pool.h"
#include "record.h"

namespace dllm {

// A multiple of every vector's lanes, so that what an element goes through does not depend on the chunks.
constexpr uint64_t kChunkElements = 1u << 15;

// `count` of a record, which a region of so many f32 elements checks further.
inline void want_elements(const Site& site, uint64_t count) {
  if (count == 0) site.fail(DLLM_BAD_COMMAND, "count is 0, wanted at least 1");
}

inline uint64_t chunk_count(uint64_t count) { return count / kChunkElements + (count % kChunkElements != 0 ? 1 : 0); }

// f(chunk, begin, elements) for every chunk, on the threads of the pool. f must not throw.
template <class F>
void for_chunks(ThreadPool& pool, uint64_t count, F&& f) {
  pool.parallel_for(static_cast<int64_t>(chunk_count(count)), [&](int64_t chunk) noexcept {
    const uint64_t begin = static_cast<uint64_t>(chunk) * kChunkElements;
    const uint64_t left = count - begin;
    f(chunk, begin, static_cast<int64_t>(left < kChunkElements ? left : kChunkElements));
  });
}

}  // namespace dllm
#endif
