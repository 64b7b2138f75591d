// The other member of a group of two.
#ifndef DLLM_FUZZ_GROUP_H
#define DLLM_FUZZ_GROUP_H

#include <functional>

#include "fuzz_world.h"

namespace fuzz {

// How many all-reduces a valid command buffer has.
uint64_t count_reduces(const Bytes& commands);

// A device that adds up with a world: it runs as many all-reduces as the world's commands have, at the same time.
class Partner {
 public:
  Partner();
  ~Partner();
  Partner(const Partner&) = delete;
  Partner& operator=(const Partner&) = delete;

  // Forms a group with the world; leave() gives it up.
  void meet(Random& random, World& world);
  void leave(World& world);

  // Runs so many all-reduces of so many rows while `body` runs; who ends first gives the group up, so that the other cannot
  // wait for ever. `disturbed`: it is aborted or destroyed from outside as well.
  dllm_status beside(uint64_t reduces, uint32_t rows, bool disturbed, const std::function<void()>& body);

 private:
  Bytes commands(uint64_t reduces) const;
  dllm_status run(uint64_t reduces, uint32_t rows) const;

  uint64_t device_ = 0, params_ = 0, values_ = 0, group_ = 0;
  uint32_t member_ = 0;
};

}  // namespace fuzz
#endif
