#include "check_comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace check {

std::vector<float> Comparison::floats(int64_t n, float deviation) {
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& value : values) value = normal(random_);
  return values;
}

void Comparison::fail(const char* what) const {
  std::printf("%s: %s\n", isa_, what);
  std::exit(1);
}

void Comparison::compare(const char* what, const std::vector<float>& got, const std::vector<float>& wanted, double tolerance) const {
  for (size_t i = 0; i < wanted.size(); ++i) {
    const double scale = std::max(1.0, std::fabs(static_cast<double>(wanted[i])));
    if (std::fabs(static_cast<double>(got[i]) - static_cast<double>(wanted[i])) <= tolerance * scale) continue;
    std::printf("%s: %s differs at %zu: %.9g, wanted %.9g\n", isa_, what, i, static_cast<double>(got[i]), static_cast<double>(wanted[i]));
    std::exit(1);
  }
}

}  // namespace check
