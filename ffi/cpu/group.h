// Devices of one process that add up together.
#ifndef DLLM_GROUP_H
#define DLLM_GROUP_H

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "gemm/thread_pool.h"

namespace dllm {

// What a member brings: `rows` rows of `width` elements, `stride` apart.
struct GroupValues {
  float* first;
  uint64_t rows, width, stride;
};

class Group {
 public:
  static constexpr uint32_t kMaxSize = 64;

  explicit Group(uint32_t size) : size_(size), values_(size), present_(size) {}

  uint32_t size() const noexcept { return size_; }

  // Replaces the member's values by the sum over all members, in their order. Waits for the others; throws Failure where the
  // group is given up before all are there, or where they bring different shapes.
  void all_reduce(uint32_t member, const GroupValues& values, ThreadPool& pool);

  // Lets all who wait go. Those who have met are let finish: they read and write each other's memory.
  void abort() noexcept;

 private:
  void enter(uint32_t member, const GroupValues& values);
  void leave();
  void meet(std::unique_lock<std::mutex>& lock, bool abortable);
  void require_same_shapes() const;
  void sum_share(uint32_t member, ThreadPool& pool) const;

  const uint32_t size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<GroupValues> values_;  // by member, of those who have entered
  std::vector<bool> present_;
  uint32_t arrived_ = 0;
  std::atomic<uint64_t> meetings_{0};
  std::atomic<bool> aborted_{false};
};

uint64_t create_group(uint32_t size);
// Throws Failure where there is none; known_group gives null.
std::shared_ptr<Group> find_group(uint64_t handle);
std::shared_ptr<Group> known_group(uint64_t handle);
void destroy_group(uint64_t handle);

}  // namespace dllm
#endif
