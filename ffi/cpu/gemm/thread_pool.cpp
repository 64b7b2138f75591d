#include "thread_pool.h"

#include <chrono>
#include <new>

namespace dllm {
namespace {

constexpr std::chrono::microseconds kSpin{30};
constexpr std::align_val_t kAlignment{64};

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Waits for `ready` for a bounded time; whether it came true.
template <class Ready>
bool spin_until(Ready ready) {
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 16; ++i) {
      if (ready()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

}  // namespace

ThreadPool::ThreadPool(unsigned threads) : spins_(threads <= std::thread::hardware_concurrency()) {
  const unsigned workers = threads > 1 ? threads - 1 : 0;
  workers_.reserve(workers);
  for (unsigned worker = 1; worker <= workers; ++worker) workers_.emplace_back([this, worker] { work(worker); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ++round_;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  ::operator delete(scratch_, kAlignment);
}

void* ThreadPool::scratch(size_t bytes) {
  if (bytes > scratch_bytes_) {
    void* grown = ::operator new(bytes, kAlignment);
    ::operator delete(scratch_, kAlignment);
    scratch_ = grown;
    scratch_bytes_ = bytes;
  }
  return scratch_;
}

void ThreadPool::run(int64_t n, Call call, void* body) {
  if (workers_.empty() || n <= 1) {
    for (int64_t index = 0; index < n; ++index) call(body, index, 0);
    return;
  }
  loop_ = {call, body, n};
  next_.store(0, std::memory_order_relaxed);
  open_ = true;
  ++round_;
  if (sleeping_ > 0) {
    { const std::lock_guard lock(mutex_); }
    wake_.notify_all();
  }
  take_indices(0);
  // A worker that enters from now on sees the loop closed and leaves without touching it; those inside are awaited.
  open_ = false;
  const auto empty = [this] { return inside_ == 0; };
  if (empty() || (spins_ && spin_until(empty))) return;
  std::unique_lock lock(mutex_);
  caller_sleeps_ = true;
  done_.wait(lock, empty);
  caller_sleeps_ = false;
}

void ThreadPool::work(unsigned worker) {
  uint64_t seen = 0;
  while (await_round(seen)) {
    seen = round_;
    if (!open_) continue;
    ++inside_;
    if (open_) take_indices(worker);
    leave();
  }
}

// Waits until a loop was opened after round `seen`; false when the pool ends.
bool ThreadPool::await_round(uint64_t seen) {
  const auto changed = [this, seen] { return round_ != seen; };
  if (!changed() && !(spins_ && spin_until(changed))) {
    std::unique_lock lock(mutex_);
    ++sleeping_;
    wake_.wait(lock, changed);
    --sleeping_;
  }
  return !stopping_;
}

void ThreadPool::take_indices(unsigned worker) {
  const Loop loop = loop_;
  for (;;) {
    const int64_t index = next_.fetch_add(1, std::memory_order_relaxed);
    if (index >= loop.n) return;
    loop.call(loop.body, index, worker);
  }
}

void ThreadPool::leave() {
  if (--inside_ == 0 && caller_sleeps_) {
    { const std::lock_guard lock(mutex_); }
    done_.notify_one();
  }
}

}  // namespace dllm
