// Worker threads of one device.
#ifndef DLLM_GEMM_THREAD_POOL_H
#define DLLM_GEMM_THREAD_POOL_H

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace dllm {

// Runs loops on a fixed number of threads, the calling one included. Workers wait for the next loop by spinning for some
// microseconds and then sleep; a pool of one thread has no worker and no synchronisation. One loop at a time: a pool
// belongs to one device, whose calls are serialised, and a body must not start a loop on its own pool.
class ThreadPool {
 public:
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned size() const noexcept { return static_cast<unsigned>(workers_.size()) + 1; }

  // Calls f(index) for every index in [0, n), in any order and on any thread, and returns when all are done. A body of
  // two parameters is called as f(index, worker), worker < size() being the thread that runs it. f must not throw.
  template <class F>
  void parallel_for(int64_t n, F&& f) {
    using Body = std::remove_reference_t<F>;
    run(
        n,
        [](void* body, int64_t index, unsigned worker) {
          if constexpr (std::is_invocable_v<Body&, int64_t, unsigned>) {
            (*static_cast<Body*>(body))(index, worker);
          } else {
            (*static_cast<Body*>(body))(index);
          }
        },
        const_cast<std::remove_const_t<Body>*>(&f));
  }

  // Working memory of at least `bytes`, 64-byte aligned, kept between calls; the contents are lost when it grows.
  // Throws std::bad_alloc.
  void* scratch(size_t bytes);

 private:
  using Call = void (*)(void* body, int64_t index, unsigned worker);

  void run(int64_t n, Call call, void* body);
  void work(unsigned worker);
  bool await_round(uint64_t seen);
  void take_indices(unsigned worker);
  void leave();

  struct Loop {
    Call call = nullptr;
    void* body = nullptr;
    int64_t n = 0;
  };

  Loop loop_;  // written between loops, when `open_` is false and no worker is inside
  alignas(64) std::atomic<int64_t> next_{0};
  alignas(64) std::atomic<bool> open_{false};
  std::atomic<uint64_t> round_{0};
  std::atomic<unsigned> sleeping_{0};
  std::atomic<bool> stopping_{false};
  alignas(64) std::atomic<unsigned> inside_{0};
  std::atomic<bool> caller_sleeps_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  bool spins_;
  void* scratch_ = nullptr;
  size_t scratch_bytes_ = 0;
  std::vector<std::thread> workers_;
};

}  // namespace dllm
#endif
