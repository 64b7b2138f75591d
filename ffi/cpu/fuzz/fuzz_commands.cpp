// Seeded mutations of command buffers, parameters and calls against the whole library. Compile this folder's fuzz_*.cpp
// with all sources of the library and -fsanitize=address,undefined -fno-sanitize-recover=all; a finding ends the program.
//
// Usage: fuzz_commands SEED COUNT      that many mutations
//        fuzz_commands SEED SECONDSs   as many as fit, e.g. 60s
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <unistd.h>

#include "fuzz_calls.h"
#include "fuzz_group.h"
#include "fuzz_mutations.h"
#include "gemm/isa.h"

namespace fuzz {
namespace {

constexpr const char* kStatusNames[] = {"OK",          "INVALID_ARGUMENT", "BAD_HANDLE", "BAD_COMMAND", "OUT_OF_MEMORY",
                                        "UNSUPPORTED", "NUMERIC",          "INTERNAL",   "ABORTED"};
constexpr uint64_t kWorldLife = 5000;
// A world that lives longer waits for something that never comes: the signal ends the program.
constexpr unsigned kWorldSeconds = 300;
constexpr uint64_t kPlanRuns = 2;
constexpr uint64_t kProgress = 100000;

struct Tally {
  uint64_t mutations = 0;
  uint64_t accepted = 0;           // mutated command buffers that ran to the end
  uint64_t refused_in_tables = 0;  // whose records were right, but not the parameters
  uint64_t statuses[std::size(kStatusNames)] = {};

  void count(dllm_status status) {
    ++mutations;
    ++statuses[status];
    if (status == DLLM_INTERNAL) {
      std::printf("a call gives DLLM_INTERNAL\n");
      std::abort();
    }
  }
};

class Fuzzer {
 public:
  Fuzzer(uint64_t seed) : random_(seed) {}

  void run(uint64_t count, double seconds) {
    const auto begin = std::chrono::steady_clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    while (tally_.mutations < count && elapsed() < seconds) {
      const bool two = below(random_, 4) == 0;
      alarm(kWorldSeconds);
      World world(random_, two ? 2 : 1, any_isa());
      prove_valid(world);
      for (uint64_t i = 0; i < kWorldLife && tally_.mutations < count && elapsed() < seconds; ++i) step(world);
    }
    report(elapsed());
  }

 private:
  // Unchanged commands and parameters must run, alone and in a group.
  void prove_valid(World& world) {
    for (int i = 0; i < 20; ++i) {
      const bool together = i % 2 == 1;
      if (together) partner_.meet(random_, world);
      const Bytes commands = world.commands(random_), params = world.params(random_);
      world.refill();
      const auto run = [&] {
        Bytes out(world.output_bytes());
        Text err;
        must(dllm_submit(world.device(), commands.data(), commands.size(), params.data(), params.size(), out.data(), out.size(), nullptr,
                         err.out(), Text::capacity),
             err.data);
      };
      if (!together) {
        run();
        continue;
      }
      must(partner_.beside(count_reduces(commands), rows_of(params), false, run), "of the partner");
      partner_.leave(world);
    }
  }

  // One of those that run here.
  uint32_t any_isa() {
    for (;;) {
      const uint32_t isa = static_cast<uint32_t>(below(random_, DLLM_ISA_NEON + 1));
      if (isa == DLLM_ISA_BEST || dllm::isa_available(static_cast<dllm::Isa>(isa))) return isa;
    }
  }

  static uint32_t rows_of(const Bytes& params) {
    uint32_t rows;
    std::memcpy(&rows, params.data() + World::kRowsAt * sizeof rows, sizeof rows);
    return rows;
  }

  // How much a step draws may depend on which thread is faster, so the next one starts afresh.
  void step(World& world) {
    const uint64_t next = random_();
    if (below(random_, 10) == 0) {
      tally_.count(random_call(random_, world));
    } else {
      if (below(random_, 50) == 0) world.replace_buffer(random_);
      if (below(random_, 8) == 0) world.refill();
      const bool together = below(random_, 4) == 0;
      if (together) partner_.meet(random_, world);
      mutate_and_run(world, together);
      if (together) partner_.leave(world);
    }
    random_.seed(next);
    if (tally_.mutations % kProgress == 0) {
      std::printf("%" PRIu64 " mutations, %" PRIu64 " accepted\n", tally_.mutations, tally_.accepted);
      std::fflush(stdout);
    }
  }

  void mutate_and_run(World& world, bool together) {
    Bytes commands = world.commands(random_), params = world.params(random_);
    const uint64_t reduces = count_reduces(commands);
    const uint32_t rows = rows_of(params);
    const Bytes other = world.commands(random_);
    const uint64_t changes = 1 + below(random_, 3);
    for (uint64_t i = 0; i < changes; ++i) {
      if (below(random_, 2) == 0) {
        mutate_commands(random_, commands, other, world.handles());
      } else {
        mutate_params(random_, params);
      }
    }
    // Copies of exactly their size, so that a read behind the end is seen.
    const Bytes exact_commands(commands), exact_params(params);
    const bool planned = below(random_, 4) == 0, disturbed = below(random_, 8) == 0;
    const auto run = [&] { planned ? run_plan(world, exact_commands, exact_params) : submit(world, exact_commands, exact_params); };
    if (!together) return run();
    partner_.beside(planned ? kPlanRuns * reduces : reduces, rows, disturbed, run);
  }

  void submit(World& world, const Bytes& commands, const Bytes& params) {
    uint64_t times_ns[2] = {0, 0};
    Bytes out = output(world);
    Text err;
    const bool timed = below(random_, 2) == 0;
    const uint64_t capacity = below(random_, Text::capacity);
    settle(dllm_submit(world.device(), commands.data(), commands.size(), params.data(), params.size(), out.data(), out.size(),
                       timed ? times_ns : nullptr, err.out(), capacity),
           err, capacity);
  }

  // A plan that runs again, sometimes with a buffer destroyed in between.
  void run_plan(World& world, const Bytes& commands, const Bytes& params) {
    uint64_t plan = 0;
    Text err;
    dllm_status status = dllm_plan_create(world.device(), commands.data(), commands.size(), &plan, err.out(), Text::capacity);
    if (status != DLLM_OK) return settle(status, err, Text::capacity);
    for (uint64_t i = 0; i < kPlanRuns; ++i) {
      Bytes out = output(world);
      status = dllm_plan_run(world.device(), plan, params.data(), params.size(), out.data(), out.size(), nullptr, err.out(), Text::capacity);
      if (below(random_, 8) == 0) world.replace_buffer(random_);
    }
    settle(status, err, Text::capacity);
    must(dllm_plan_destroy(world.device(), plan, err.out(), Text::capacity), err.data);
  }

  Bytes output(const World& world) { return Bytes(below(random_, 6) == 0 ? below(random_, 2 * world.output_bytes()) : world.output_bytes()); }

  void settle(dllm_status status, const Text& err, uint64_t capacity) {
    tally_.count(status);
    if (capacity > 1 && (status == DLLM_OK) != (err.data[0] == 0)) {
      std::printf("status %d comes with the text \"%s\"\n", status, err.data);
      std::abort();
    }
    if (status == DLLM_OK) ++tally_.accepted;
    for (const char* table : {"token ", "position ", "segment ", "request ", "entry ", "barred ", "row ", "key row ", "group ", "word["}) {
      const char* const after = std::strstr(err.data, "): ");
      if (status == DLLM_BAD_COMMAND && after != nullptr && std::strncmp(after + 3, table, std::strlen(table)) == 0) {
        ++tally_.refused_in_tables;
      }
    }
  }

  void report(double seconds) const {
    for (size_t i = 0; i < std::size(kStatusNames); ++i) std::printf("%-17s %" PRIu64 "\n", kStatusNames[i], tally_.statuses[i]);
    std::printf("refused for their parameter tables %" PRIu64 "\n", tally_.refused_in_tables);
    std::printf("%.1f s\n", seconds);
    std::printf("%" PRIu64 " mutations, %" PRIu64 " accepted, %" PRIu64 " refused\n", tally_.mutations, tally_.statuses[DLLM_OK],
                tally_.mutations - tally_.statuses[DLLM_OK]);
  }

  Random random_;
  Partner partner_;
  Tally tally_;
};

}  // namespace
}  // namespace fuzz

int main(int argc, char** argv) {
  if (argc != 3) {
    std::printf("usage: fuzz_commands SEED COUNT | fuzz_commands SEED SECONDSs\n");
    return 2;
  }
  const std::string limit = argv[2];
  const bool timed = !limit.empty() && limit.back() == 's';
  fuzz::Fuzzer fuzzer(std::strtoull(argv[1], nullptr, 10));
  fuzzer.run(timed ? UINT64_MAX : std::strtoull(limit.c_str(), nullptr, 10), timed ? std::strtod(limit.c_str(), nullptr) : 1e18);
  return 0;
}
