// Checks of matrix products, packing and weight gradients.
#ifndef DLLM_CHECK_LINEAR_H
#define DLLM_CHECK_LINEAR_H

#include "check_comparison.h"
#include "gemm/isa.h"

namespace check {

// A weight gradient against sums in double precision and on several threads, packing against write_rows, and a product
// against its rows alone, of one instruction set on one random shape each.
void check_linear(Comparison& with, dllm::Isa isa);

// The packing of rows in pairs for BF16 dot products, with the dot product done plainly: for machines without it.
void check_pairs(Comparison& with);

}  // namespace check
#endif
