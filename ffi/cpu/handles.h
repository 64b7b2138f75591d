// Tables from handles to objects.
#ifndef DLLM_HANDLES_H
#define DLLM_HANDLES_H

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "failure.h"

namespace dllm {

// A new handle: counted up for the whole library, never 0 and never given out twice.
uint64_t next_handle() noexcept;

// The objects of one kind that are open. Not synchronised.
template <class T>
class Handles {
 public:
  // `kind` names the objects in texts.
  explicit Handles(const char* kind) : kind_(kind) {}

  uint64_t add(std::shared_ptr<T> object) {
    const uint64_t handle = next_handle();
    objects_.emplace(handle, std::move(object));
    return handle;
  }

  bool has(uint64_t handle) const { return objects_.count(handle) != 0; }

  const std::shared_ptr<T>& get(uint64_t handle) const {
    const auto found = objects_.find(handle);
    if (found == objects_.end()) refuse(handle);
    return found->second;
  }

  // Removes the object from the table.
  std::shared_ptr<T> take(uint64_t handle) {
    const auto found = objects_.find(handle);
    if (found == objects_.end()) refuse(handle);
    std::shared_ptr<T> object = std::move(found->second);
    objects_.erase(found);
    return object;
  }

  template <class F>
  void for_each(F f) const {
    for (const auto& entry : objects_) f(*entry.second);
  }

 private:
  [[noreturn]] void refuse(uint64_t handle) const {
    throw Failure(DLLM_BAD_HANDLE, format("%s %llu is not open here: it was never given out or has been destroyed; pass the id "
                                          "that its creation returned",
                                          kind_, static_cast<unsigned long long>(handle)));
  }

  const char* kind_;
  std::unordered_map<uint64_t, std::shared_ptr<T>> objects_;
};

}  // namespace dllm
#endif
