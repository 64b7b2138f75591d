// Any processor: four lanes in the compiler's own vector type, separate multiplication and addition.
#include "kernel_block.h"

namespace dllm {
namespace {

struct Portable {
  using F = float __attribute__((vector_size(16)));
  using I = int32_t __attribute__((vector_size(16)));
  static constexpr int kWidth = 4;
  static constexpr int kAccumulators = 12;
  static constexpr int kPanelsAtOnce = 1;

  static DLLM_INLINE F load(const float* p) {
    F x;
    __builtin_memcpy(&x, p, sizeof x);
    return x;
  }
  static DLLM_INLINE void store(float* p, F x) { __builtin_memcpy(p, &x, sizeof x); }
  static DLLM_INLINE F broadcast(const float* p) { return splat(*p); }
  static DLLM_INLINE F splat(float x) { return F{x, x, x, x}; }
  static DLLM_INLINE F fma(F a, F b, F c) { return a * b + c; }
  static DLLM_INLINE F add(F a, F b) { return a + b; }
  static DLLM_INLINE F mul(F a, F b) { return a * b; }
  static DLLM_INLINE F div(F a, F b) { return a / b; }
  static DLLM_INLINE F min(F a, F b) { return a < b ? a : b; }
  static DLLM_INLINE F max(F a, F b) { return a > b ? a : b; }
  static DLLM_INLINE F negative(F x, F a, F b) { return x < 0.0f ? a : b; }
  static DLLM_INLINE F power_of_two(F n) { return (F)((__builtin_convertvector(n, I) + 127) << 23); }
  static DLLM_INLINE F even(const void* pairs) { return (F)(words(pairs) << 16); }
  static DLLM_INLINE F odd(const void* pairs) { return (F)(words(pairs) & static_cast<int32_t>(0xffff0000u)); }
  static DLLM_INLINE I words(const void* pairs) {
    I x;
    __builtin_memcpy(&x, pairs, sizeof x);
    return x;
  }
};

}  // namespace

constinit const Kernels kScalarKernels = make_kernels<F32Step<Portable>, WidenStep<Portable>>();

}  // namespace dllm
