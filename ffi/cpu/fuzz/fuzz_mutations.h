// Changes to command buffers and parameters.
#ifndef DLLM_FUZZ_MUTATIONS_H
#define DLLM_FUZZ_MUTATIONS_H

#include "fuzz_world.h"

namespace fuzz {

// One random change: flipped bits, fields set to values at the edges or next to their own, handles exchanged, bytes cut
// off, added or copied elsewhere, records dropped, repeated or put in from `other`.
void mutate_commands(Random& random, Bytes& commands, const Bytes& other, const std::vector<uint64_t>& handles);
// A few words for the most part.
void mutate_params(Random& random, Bytes& params);

}  // namespace fuzz
#endif
