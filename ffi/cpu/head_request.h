// The table of requests and the list of barred columns of output heads, whole or in shards.
#ifndef DLLM_HEAD_REQUEST_H
#define DLLM_HEAD_REQUEST_H

#include "record.h"
#include "sampling.h"

namespace dllm {

struct HeadRequest {
  int64_t row;
  uint32_t flags;
  SamplingOptions options;
};

HeadRequest read_request(const Words& words, uint32_t requests_at, uint32_t index);

// Refuses an option of a request: "request 3: top_k is -1, wanted ...".
[[noreturn]] void refuse_request(const Site& site, uint32_t index, const char* what, double given, const std::string& wanted);

// Flags and entropy epsilon, which all heads read.
void check_confidence(const Site& site, uint32_t index, const HeadRequest& request);

// What a head calls its columns and how many there are.
struct HeadColumns {
  const char* one;
  const char* all;
  uint32_t count;
};

// Checks that the list lies within the params buffer and names columns that exist.
void check_barred(const Site& site, const Words& words, uint32_t barred_at, const HeadColumns& columns);

}  // namespace dllm
#endif
