// NEON (AArch64).
#if defined(__aarch64__)

#if defined(__GNUC__) && !defined(__clang__)
// Scheduling before register allocation moves the loads together and spills the sums.
#pragma GCC optimize("no-schedule-insns")
#endif

#include <arm_neon.h>

#include "kernel_block.h"

namespace dllm {
namespace {

struct Neon {
  using F = float32x4_t;
  static constexpr int kWidth = 4;
  static constexpr int kAccumulators = 20;
  static constexpr int kPanelsAtOnce = 1;

  static DLLM_INLINE F load(const float* p) { return vld1q_f32(p); }
  static DLLM_INLINE void store(float* p, F x) { vst1q_f32(p, x); }
  static DLLM_INLINE F broadcast(const float* p) { return vld1q_dup_f32(p); }
  static DLLM_INLINE F splat(float x) { return vdupq_n_f32(x); }
  static DLLM_INLINE F fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
  static DLLM_INLINE F add(F a, F b) { return vaddq_f32(a, b); }
  static DLLM_INLINE F mul(F a, F b) { return vmulq_f32(a, b); }
  static DLLM_INLINE F div(F a, F b) { return vdivq_f32(a, b); }
  static DLLM_INLINE F min(F a, F b) { return vminq_f32(a, b); }
  static DLLM_INLINE F max(F a, F b) { return vmaxq_f32(a, b); }
  static DLLM_INLINE F negative(F x, F a, F b) { return vbslq_f32(vcltzq_f32(x), a, b); }
  static DLLM_INLINE F power_of_two(F n) {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23));
  }
  static DLLM_INLINE F even(const void* pairs) { return vreinterpretq_f32_u32(vshlq_n_u32(words(pairs), 16)); }
  static DLLM_INLINE F odd(const void* pairs) {
    return vreinterpretq_f32_u32(vandq_u32(words(pairs), vdupq_n_u32(0xffff0000u)));
  }
  static DLLM_INLINE uint32x4_t words(const void* pairs) { return vld1q_u32(static_cast<const uint32_t*>(pairs)); }
};

}  // namespace

constinit const Kernels kNeonKernels = make_kernels<F32Step<Neon>, WidenStep<Neon>>();

}  // namespace dllm
#endif
