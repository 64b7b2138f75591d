// Instruction sets of the CPU library and what this machine runs.
#ifndef DLLM_GEMM_ISA_H
#define DLLM_GEMM_ISA_H

#include <cstdint>

#include "dllm.h"

namespace dllm {

enum class Isa : uint32_t {
  kScalar = DLLM_ISA_SCALAR,
  kAvx2 = DLLM_ISA_AVX2,
  kAvx512 = DLLM_ISA_AVX512,
  kAvx512Bf16 = DLLM_ISA_AVX512_BF16,
  kNeon = DLLM_ISA_NEON
};

// Whether processor and operating system run `isa` (asked of the processor at run time).
bool isa_available(Isa isa) noexcept;

// The highest available one.
Isa best_isa() noexcept;

}  // namespace dllm
#endif
