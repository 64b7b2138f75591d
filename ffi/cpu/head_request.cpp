#include "head_request.h"

#include <cmath>
#include <cstring>

namespace dllm {

HeadRequest read_request(const Words& words, uint32_t requests_at, uint32_t index) {
  const uint64_t at = uint64_t{requests_at} + 1 + uint64_t{DLLM_REQUEST_WORDS} * index;
  const uint32_t flags = words[at + 1];
  double uniform;
  std::memcpy(&uniform, words.at(at + 6), sizeof uniform);
  return {static_cast<int32_t>(words[at]), flags,
          {(flags & DLLM_CONFIDENCE_BF16) != 0, (flags & DLLM_CONFIDENCE_RAW) != 0, words.real(at + 2), words.real(at + 3),
           static_cast<int32_t>(words[at + 4]), words.real(at + 5), uniform}};
}

void refuse_request(const Site& site, uint32_t index, const char* what, double given, const std::string& wanted) {
  site.fail(DLLM_BAD_COMMAND, format("request %u: %s is %g, wanted ", index, what, given) + wanted);
}

void check_confidence(const Site& site, uint32_t index, const HeadRequest& request) {
  if ((request.flags & ~static_cast<uint32_t>(DLLM_CONFIDENCE_BF16 | DLLM_CONFIDENCE_RAW)) != 0) {
    refuse_request(site, index, "flags", request.flags, "DLLM_CONFIDENCE_* bits");
  }
  const float epsilon = request.options.epsilon;
  if (std::isfinite(epsilon) && epsilon >= 0) return;
  refuse_request(site, index, "entropy epsilon", static_cast<double>(epsilon), "a finite number of at least 0");
}

void check_barred(const Site& site, const Words& words, uint32_t barred_at, const HeadColumns& columns) {
  const uint32_t count = words[barred_at];
  if (count > words.count - barred_at - 1) {
    site.fail(DLLM_BAD_COMMAND, format("word[%u] (barred_at) is %u, wanted a list within the params buffer", barred_at, count));
  }
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t id = words[uint64_t{barred_at} + 1 + i];
    if (id < columns.count) continue;
    site.fail(DLLM_BAD_COMMAND, format("barred %s %u is %u, wanted below %s %u", columns.one, i, id, columns.all, columns.count));
  }
}

}  // namespace dllm
