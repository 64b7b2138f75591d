// The functions of dllm.h: what crosses the boundary is checked, and no exception leaves.
#include <chrono>
#include <cstring>
#include <new>

#include "arguments.h"
#include "device.h"
#include "group.h"
#include "plan.h"

namespace dllm {
namespace {

using ull = unsigned long long;

template <class F>
dllm_status guarded(char* err, uint64_t err_cap, F&& body) noexcept {
  put_text(err, err_cap, "");
  try {
    body();
    return DLLM_OK;
  } catch (const Failure& failure) {
    put_text(err, err_cap, failure.what());
    return failure.status();
  } catch (const std::bad_alloc&) {
    put_text(err, err_cap, "the system has no memory left for this call; free buffers or use smaller shapes");
    return DLLM_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    put_text(err, err_cap, error.what());
  } catch (...) {
    put_text(err, err_cap, "unknown error inside the library");
  }
  return DLLM_INTERNAL;
}

uint64_t steady_ns() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

class Stopwatch {
 public:
  explicit Stopwatch(uint64_t* times_ns) : times_ns_(times_ns) {}
  ~Stopwatch() {
    if (times_ns_ == nullptr) return;
    times_ns_[0] = begin_;
    times_ns_[1] = steady_ns() - begin_;
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  uint64_t* times_ns_;
  uint64_t begin_ = steady_ns();
};

#if defined(__clang__)
constexpr const char* kCompiler = __VERSION__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

std::string available_isas() {
  std::string list;
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Bf16, Isa::kNeon}) {
    if (isa_available(isa)) list += format("%s\"%s\"", list.empty() ? "" : ",", isa_name(isa));
  }
  return list;
}

}  // namespace
}  // namespace dllm

using namespace dllm;

extern "C" {

uint32_t dllm_abi_version(void) noexcept { return DLLM_ABI_VERSION; }

dllm_status dllm_build_info(char* out, uint64_t out_cap) noexcept {
  return guarded(nullptr, 0, [&] {
    put_info(out, out_cap, format("{\"backend\":\"cpu\",\"compiler\":\"%s\",\"isas\":[%s],\"best\":\"%s\"}", kCompiler,
                                  available_isas().c_str(), isa_name(best_isa())));
  });
}

uint64_t dllm_clock(void) noexcept { return steady_ns(); }

dllm_status dllm_device_open(const dllm_device_options* options, uint64_t options_bytes, uint64_t* device, char* err,
                             uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_pointer("options", options);
    want_pointer("device", device);
    want_range("options_bytes", options_bytes, sizeof *options, sizeof *options);
    dllm_device_options wanted;
    std::memcpy(&wanted, options, sizeof wanted);
    want_range("options.size", wanted.size, sizeof wanted, sizeof wanted);
    want_range("options.reserved", wanted.reserved, 0, 0);
    *device = open_device(wanted.threads, wanted.isa);
  });
}

dllm_status dllm_device_close(uint64_t device, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] { close_device(device); });
}

dllm_status dllm_device_info(uint64_t device, char* out, uint64_t out_cap, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    const LockedDevice on(device);
    put_info(out, out_cap, format("{\"backend\":\"cpu\",\"isa\":\"%s\",\"threads\":%u,\"bytes\":%llu}", isa_name(on->isa),
                                  on->pool.size(), static_cast<ull>(on->bytes())));
  });
}

dllm_status dllm_device_peak(uint64_t device, uint32_t dtype, double seconds, double* gflops, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_pointer("gflops", gflops);
    want_weight_dtype(dtype);
    if (!(seconds > 0 && seconds <= 60)) invalid(format("seconds is %g, wanted more than 0 and at most 60", seconds));
    const LockedDevice on(device);
    *gflops = peak_gflops(on->pool, on->isa, dtype, seconds);
  });
}

dllm_status dllm_buffer_create(uint64_t device, uint64_t bytes, uint64_t* buffer, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_pointer("buffer", buffer);
    want_range("bytes", bytes, 1, kMaxBytes);
    const LockedDevice on(device);
    *buffer = on->buffers.add(std::make_shared<Buffer>(bytes));
  });
}

dllm_status dllm_buffer_destroy(uint64_t device, uint64_t buffer, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    const LockedDevice on(device);
    const std::shared_ptr<Buffer> gone = on->buffers.take(buffer);
    gone->destroyed = true;
    gone->memory = Memory();
  });
}

dllm_status dllm_buffer_write(uint64_t device, uint64_t buffer, uint64_t offset, const void* src, uint64_t bytes, char* err,
                              uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_span("src", src, bytes);
    const LockedDevice on(device);
    unsigned char* const target = span_of(*on->buffers.get(buffer), offset, bytes);
    if (bytes != 0) std::memcpy(target, src, bytes);
  });
}

dllm_status dllm_buffer_read(uint64_t device, uint64_t buffer, uint64_t offset, void* dst, uint64_t bytes, char* err,
                             uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_span("dst", dst, bytes);
    const LockedDevice on(device);
    const unsigned char* const source = span_of(*on->buffers.get(buffer), offset, bytes);
    if (bytes != 0) std::memcpy(dst, source, bytes);
  });
}

dllm_status dllm_weight_create(uint64_t device, uint32_t dtype, uint64_t n, uint64_t k, uint64_t* weight, char* err,
                               uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_pointer("weight", weight);
    want_weight_dtype(dtype);
    want_range("n", n, 1, kMaxDimension);
    want_range("k", k, 1, kMaxDimension);
    const uint64_t bytes = n * k * (dtype == DLLM_F32 ? 4 : 2);
    if (bytes > kMaxBytes) invalid(format("n %llu by k %llu is given, wanted at most 2^40 bytes", static_cast<ull>(n), static_cast<ull>(k)));
    require_physical_memory(bytes);
    const LockedDevice on(device);
    *weight = on->weights.add(std::make_shared<Weight>(PackedWeight(dtype, static_cast<int64_t>(n), static_cast<int64_t>(k))));
  });
}

dllm_status dllm_weight_write(uint64_t device, uint64_t weight, uint64_t row_begin, uint64_t row_count, uint64_t group,
                              uint64_t group_stride, uint32_t src_dtype, const void* src, uint64_t src_bytes, char* err,
                              uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    const LockedDevice on(device);
    PackedWeight& matrix = *on->weights.get(weight)->matrix;
    check_weight_rows(matrix, {row_begin, row_count, group, group_stride});
    check_weight_source(matrix, row_count, src_dtype, src, src_bytes);
    int64_t bad_row = 0;
    int64_t bad_col = 0;
    if (matrix.write_rows(static_cast<int64_t>(row_begin), static_cast<int64_t>(row_count), static_cast<int64_t>(group),
                          static_cast<int64_t>(group_stride), src_dtype, src, &bad_row, &bad_col)) {
      return;
    }
    throw Failure(DLLM_NUMERIC, format("source row %lld, column %lld is not finite in the weight's type; repair the checkpoint",
                                       static_cast<long long>(bad_row), static_cast<long long>(bad_col)));
  });
}

dllm_status dllm_weight_destroy(uint64_t device, uint64_t weight, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    const LockedDevice on(device);
    const std::shared_ptr<Weight> gone = on->weights.take(weight);
    gone->destroyed = true;
    gone->matrix.reset();
  });
}

dllm_status dllm_submit(uint64_t device, const void* commands, uint64_t bytes, const void* params, uint64_t params_bytes, void* out,
                        uint64_t out_bytes, uint64_t* times_ns, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_span("commands", commands, bytes);
    want_span("params", params, params_bytes);
    want_span("out", out, out_bytes);
    try {
      const LockedDevice on(device);
      const Stopwatch watch(times_ns);
      Plan(*on, commands, bytes).run(*on, params, params_bytes, out, out_bytes);
    } catch (...) {
      abort_groups(commands, bytes);
      throw;
    }
  });
}

dllm_status dllm_plan_create(uint64_t device, const void* commands, uint64_t bytes, uint64_t* plan, char* err,
                             uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_pointer("plan", plan);
    want_span("commands", commands, bytes);
    const LockedDevice on(device);
    *plan = on->plans.add(std::make_shared<Plan>(*on, commands, bytes));
  });
}

dllm_status dllm_plan_run(uint64_t device, uint64_t plan, const void* params, uint64_t params_bytes, void* out, uint64_t out_bytes,
                          uint64_t* times_ns, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_span("params", params, params_bytes);
    want_span("out", out, out_bytes);
    const LockedDevice on(device);
    const Stopwatch watch(times_ns);
    on->plans.get(plan)->run(*on, params, params_bytes, out, out_bytes);
  });
}

dllm_status dllm_plan_destroy(uint64_t device, uint64_t plan, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    const LockedDevice on(device);
    on->plans.take(plan);
  });
}

dllm_status dllm_group_create(uint32_t size, uint64_t* group, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    want_pointer("group", group);
    want_range("size", size, 2, Group::kMaxSize);
    *group = create_group(size);
  });
}

dllm_status dllm_group_abort(uint64_t group, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] { find_group(group)->abort(); });
}

dllm_status dllm_group_destroy(uint64_t group, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] { destroy_group(group); });
}

}  // extern "C"
