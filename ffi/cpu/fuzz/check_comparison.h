// What the checks of kernels share: seeded data and the comparison with the plain kernels.
#ifndef DLLM_CHECK_COMPARISON_H
#define DLLM_CHECK_COMPARISON_H

#include <cstdint>
#include <random>
#include <vector>

namespace check {

class Comparison {
 public:
  Comparison(uint64_t seed, const char* isa) : random_(seed), isa_(isa) {}

  int64_t below(int64_t n) { return std::uniform_int_distribution<int64_t>(0, n - 1)(random_); }
  std::vector<float> floats(int64_t n, float deviation);

  [[noreturn]] void fail(const char* what) const;
  // Relative to values above 1, absolute below; ends the program at a difference beyond the tolerance.
  void compare(const char* what, const std::vector<float>& got, const std::vector<float>& wanted, double tolerance) const;

 private:
  std::mt19937_64 random_;
  const char* isa_;
};

}  // namespace check
#endif
