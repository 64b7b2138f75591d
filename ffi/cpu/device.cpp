#include "device.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "plan.h"

namespace dllm {
namespace {

constexpr unsigned kMaxThreads = 256;

struct Devices {
  std::mutex mutex;
  Handles<Device> table{"device"};
};

// Never destroyed: the library stays loaded, and devices may be in use while the process ends.
Devices& devices() {
  static Devices* const all = new Devices;
  return *all;
}

Isa chosen_isa(uint32_t wanted) {
  if (wanted == DLLM_ISA_BEST) return best_isa();
  if (wanted > DLLM_ISA_NEON) {
    throw Failure(DLLM_INVALID_ARGUMENT, format("isa is %u, wanted one of DLLM_ISA_* (0 to %d)", wanted, DLLM_ISA_NEON));
  }
  const Isa isa = static_cast<Isa>(wanted);
  if (!isa_available(isa)) {
    throw Failure(DLLM_UNSUPPORTED, format("instruction set %s does not run on this machine; take %s or DLLM_ISA_BEST",
                                           isa_name(isa), isa_name(best_isa())));
  }
  return isa;
}

unsigned chosen_threads(uint32_t wanted) {
  if (wanted > kMaxThreads) {
    throw Failure(DLLM_INVALID_ARGUMENT, format("threads is %u, wanted 1 to %u, or 0 for one per hardware thread", wanted, kMaxThreads));
  }
  if (wanted != 0) return wanted;
  const unsigned hardware = std::thread::hardware_concurrency();
  return hardware == 0 ? 1 : std::min(hardware, kMaxThreads);
}

}  // namespace

uint64_t next_handle() noexcept {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

const char* isa_name(Isa isa) noexcept {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Bf16:
      return "avx512bf16";
    case Isa::kNeon:
      return "neon";
  }
  return "unknown";
}

uint64_t Device::bytes() const {
  uint64_t total = 0;
  buffers.for_each([&](const Buffer& buffer) { total += buffer.memory.bytes(); });
  weights.for_each([&](const Weight& weight) { total += weight.matrix->bytes(); });
  return total;
}

Engine Device::engine(uint64_t scratch_bytes) {
  if (scratch_bytes > scratch_.bytes()) {
    scratch_ = Memory();
    scratch_ = Memory(scratch_bytes);
  }
  return Engine{pool, isa, ops, entropies_, scratch_.data()};
}

uint64_t open_device(uint32_t threads, uint32_t isa) {
  const Isa chosen = chosen_isa(isa);
  const unsigned count = chosen_threads(threads);
  std::shared_ptr<Device> device;
  try {
    device = std::make_shared<Device>(count, chosen);
  } catch (const std::system_error& error) {
    throw Failure(DLLM_OUT_OF_MEMORY, format("the system refused %u threads (%s); ask for fewer", count, error.what()));
  }
  const std::lock_guard<std::mutex> guard(devices().mutex);
  return devices().table.add(std::move(device));
}

void close_device(uint64_t handle) {
  std::shared_ptr<Device> device;
  {
    const std::lock_guard<std::mutex> guard(devices().mutex);
    device = devices().table.take(handle);
  }
  const std::lock_guard<std::mutex> guard(device->mutex);  // waits for the call in progress
  device->closed = true;
}

LockedDevice::LockedDevice(uint64_t handle) {
  {
    const std::lock_guard<std::mutex> guard(devices().mutex);
    device_ = devices().table.get(handle);
  }
  lock_ = std::unique_lock<std::mutex>(device_->mutex);
  if (device_->closed) {
    throw Failure(DLLM_BAD_HANDLE, format("device %llu was closed while this call waited", static_cast<unsigned long long>(handle)));
  }
}

}  // namespace dllm
