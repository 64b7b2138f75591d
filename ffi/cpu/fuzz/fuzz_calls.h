// The functions beside submit and plans, with arguments that may be wrong.
#ifndef DLLM_FUZZ_CALLS_H
#define DLLM_FUZZ_CALLS_H

#include "fuzz_world.h"

namespace fuzz {

// One random call; its status.
dllm_status random_call(Random& random, const World& world);

}  // namespace fuzz
#endif
