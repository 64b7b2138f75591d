// Checks of the kernels of training.
#ifndef DLLM_CHECK_TRAINING_H
#define DLLM_CHECK_TRAINING_H

#include "check_comparison.h"
#include "gemm/isa.h"

namespace check {

// Token losses, the optimiser, SwiGLU and the gradients of attention and RMS norm of one instruction set against the plain
// ones, on one random shape each.
void check_training(Comparison& with, dllm::Isa isa);

}  // namespace check
#endif
