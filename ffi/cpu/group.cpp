#include "group.h"

#include <algorithm>
#include <chrono>

#include "handles.h"

namespace dllm {
namespace {

using ull = unsigned long long;

// Members that do the same work arrive within microseconds of each other; waking a thread takes longer.
constexpr std::chrono::microseconds kSpin{30};

// Rows that one call of a pool's body adds up.
constexpr uint64_t kRows = 8;

struct Groups {
  std::mutex mutex;
  Handles<Group> table{"group"};
};

[[noreturn]] void given_up() {
  throw Failure(DLLM_ABORTED, "the group was given up, as another member failed or it was destroyed; create another");
}

// Never destroyed, as the devices.
Groups& groups() {
  static Groups* const all = new Groups;
  return *all;
}

}  // namespace

void Group::all_reduce(uint32_t member, const GroupValues& values, ThreadPool& pool) {
  enter(member, values);
  require_same_shapes();
  sum_share(member, pool);
  leave();
}

void Group::abort() noexcept {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    aborted_ = true;
  }
  changed_.notify_all();
}

void Group::enter(uint32_t member, const GroupValues& values) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (aborted_) given_up();  // others may still read what they met with
  if (present_[member]) {
    throw Failure(DLLM_INVALID_ARGUMENT, format("member %u of the group is at work already; every device takes a number of its own", member));
  }
  values_[member] = values;
  present_[member] = true;
  meet(lock, true);
}

// From here on nobody reads the member's memory.
void Group::leave() {
  std::unique_lock<std::mutex> lock(mutex_);
  meet(lock, false);
}

// Comes back when all members have come as often as this one.
void Group::meet(std::unique_lock<std::mutex>& lock, bool abortable) {
  const uint64_t seen = meetings_;
  const auto over = [&] { return meetings_ != seen || (abortable && aborted_); };
  if (++arrived_ == size_) {
    arrived_ = 0;
    if (!abortable) present_.assign(size_, false);
    ++meetings_;
    lock.unlock();
    changed_.notify_all();
    return;
  }
  lock.unlock();
  const auto end = std::chrono::steady_clock::now() + kSpin;
  while (!over() && std::chrono::steady_clock::now() < end) {
  }
  lock.lock();
  changed_.wait(lock, over);
  if (meetings_ == seen) given_up();
}

// All members see the same, so that all refuse.
void Group::require_same_shapes() const {
  for (uint32_t other = 1; other < size_; ++other) {
    const GroupValues& a = values_[0];
    const GroupValues& b = values_[other];
    if (a.rows == b.rows && a.width == b.width) continue;
    throw Failure(DLLM_BAD_COMMAND, format("member 0 brings %llu rows of %llu, member %u %llu rows of %llu; the same shape is wanted",
                                           static_cast<ull>(a.rows), static_cast<ull>(a.width), other, static_cast<ull>(b.rows),
                                           static_cast<ull>(b.width)));
  }
}

// Each member adds up some of the rows, and gives them to all.
void Group::sum_share(uint32_t member, ThreadPool& pool) const {
  const uint64_t rows = values_[0].rows, width = values_[0].width;
  const uint64_t begin = rows * member / size_, end = rows * (member + 1) / size_;
  const uint64_t chunks = (end - begin + kRows - 1) / kRows;
  pool.parallel_for(static_cast<int64_t>(chunks), [&](int64_t chunk) noexcept {
    const uint64_t first = begin + kRows * static_cast<uint64_t>(chunk);
    for (uint64_t row = first; row < std::min(first + kRows, end); ++row) {
      float* const sum = values_[0].first + row * values_[0].stride;
      for (uint32_t other = 1; other < size_; ++other) {
        const float* const part = values_[other].first + row * values_[other].stride;
        for (uint64_t i = 0; i < width; ++i) sum[i] += part[i];
      }
      for (uint32_t other = 1; other < size_; ++other) std::copy_n(sum, width, values_[other].first + row * values_[other].stride);
    }
  });
}

uint64_t create_group(uint32_t size) {
  const std::lock_guard<std::mutex> guard(groups().mutex);
  return groups().table.add(std::make_shared<Group>(size));
}

std::shared_ptr<Group> find_group(uint64_t handle) {
  const std::lock_guard<std::mutex> guard(groups().mutex);
  return groups().table.get(handle);
}

std::shared_ptr<Group> known_group(uint64_t handle) {
  const std::lock_guard<std::mutex> guard(groups().mutex);
  return groups().table.has(handle) ? groups().table.get(handle) : nullptr;
}

void destroy_group(uint64_t handle) {
  std::shared_ptr<Group> gone;
  {
    const std::lock_guard<std::mutex> guard(groups().mutex);
    gone = groups().table.take(handle);
  }
  gone->abort();
}

}  // namespace dllm
