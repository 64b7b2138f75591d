#include "isa.h"

#include <initializer_list>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace dllm {
namespace {

#if defined(__x86_64__)
struct Features {
  bool avx2 = false;
  bool avx512 = false;
  bool avx512_bf16 = false;
};

constexpr bool has_all(uint64_t word, uint64_t bits) { return (word & bits) == bits; }

// The register state that the operating system saves (XCR0).
uint64_t saved_state() {
  uint32_t low = 0;
  uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
}

Features detect() {
  Features found;
  uint32_t a = 0, b = 0, c = 0, d = 0;
  constexpr uint32_t kFma = 1u << 12, kOsxsave = 1u << 27, kAvx = 1u << 28, kF16c = 1u << 29;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !has_all(c, kFma | kOsxsave | kAvx | kF16c)) return found;
  constexpr uint64_t kYmm = 0x6, kZmm = 0xe6;
  const uint64_t state = saved_state();
  if (!has_all(state, kYmm) || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  found.avx2 = has_all(b, 1u << 5);
  constexpr uint32_t kF = 1u << 16, kDq = 1u << 17, kBw = 1u << 30, kVl = 1u << 31;
  found.avx512 = found.avx2 && has_all(state, kZmm) && has_all(b, kF | kDq | kBw | kVl);
  if (found.avx512 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) found.avx512_bf16 = has_all(a, 1u << 5);
  return found;
}

const Features& features() {
  static const Features found = detect();
  return found;
}
#endif

}  // namespace

bool isa_available(Isa isa) noexcept {
  switch (isa) {
    case Isa::kScalar:
      return true;
#if defined(__x86_64__)
    case Isa::kAvx2:
      return features().avx2;
    case Isa::kAvx512:
      return features().avx512;
    case Isa::kAvx512Bf16:
      return features().avx512_bf16;
#elif defined(__aarch64__)
    case Isa::kNeon:
      return true;
#endif
    default:
      return false;
  }
}

Isa best_isa() noexcept {
  for (const Isa isa : {Isa::kAvx512Bf16, Isa::kAvx512, Isa::kAvx2, Isa::kNeon}) {
    if (isa_available(isa)) return isa;
  }
  return Isa::kScalar;
}

}  // namespace dllm
