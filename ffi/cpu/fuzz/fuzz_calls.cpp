#include "fuzz_calls.h"

namespace fuzz {
namespace {

// Small sizes that are served, and absurd ones that must be refused.
uint64_t odd_size(Random& random) {
  const uint64_t huge[] = {uint64_t{1} << 40, (uint64_t{1} << 40) + 1, uint64_t{1} << 63, UINT64_MAX, UINT64_MAX - 63};
  return below(random, 4) == 0 ? huge[below(random, 5)] : below(random, 300);
}

dllm_status create_and_drop_buffer(Random& random, uint64_t device, Text& err) {
  uint64_t buffer = 0;
  const dllm_status status = dllm_buffer_create(device, odd_size(random), below(random, 20) == 0 ? nullptr : &buffer, err.out(), Text::capacity);
  if (status == DLLM_OK) must(dllm_buffer_destroy(device, buffer, err.out(), Text::capacity), err.data);
  return status;
}

dllm_status use_weight(Random& random, uint64_t device, Text& err) {
  uint64_t weight = 0;
  const uint32_t dtype = static_cast<uint32_t>(below(random, 5));
  dllm_status status = dllm_weight_create(device, dtype, odd_size(random), odd_size(random), &weight, err.out(), Text::capacity);
  if (status != DLLM_OK) return status;
  for (int i = 0; i < 4; ++i) {
    const uint64_t bytes = below(random, 2000);
    Bytes src(bytes);
    for (unsigned char& byte : src) byte = static_cast<unsigned char>(random());
    status = dllm_weight_write(device, weight, below(random, 40), below(random, 40), odd_size(random) % 40, odd_size(random),
                               static_cast<uint32_t>(below(random, 5)), src.data(), bytes, err.out(), Text::capacity);
  }
  must(dllm_weight_destroy(device, weight, err.out(), Text::capacity), err.data);
  return status;
}

// Whole rows in groups that may or may not fit: most of the sizes are right.
dllm_status write_rows(Random& random, uint64_t device, Text& err) {
  const uint64_t n = 1 + below(random, 70), k = 1 + below(random, 20);
  uint64_t weight = 0;
  must(dllm_weight_create(device, DLLM_F32, n, k, &weight, err.out(), Text::capacity), err.data);
  const uint64_t rows = 1 + below(random, n);
  const std::vector<float> src(rows * k, 1.0f);
  const dllm_status status = dllm_weight_write(device, weight, below(random, n), rows, 1 + below(random, rows + 1), below(random, n + 1),
                                               DLLM_F32, src.data(), src.size() * 4, err.out(), Text::capacity);
  must(dllm_weight_destroy(device, weight, err.out(), Text::capacity), err.data);
  return status;
}

dllm_status touch_buffer(Random& random, const World& world, Text& err) {
  const std::vector<uint64_t> handles = world.handles();
  const uint64_t buffer = handles[below(random, handles.size())];
  const uint64_t offset = below(random, 8) == 0 ? UINT64_MAX - below(random, 9) : below(random, 1200);
  Bytes bytes(below(random, 600), 0);
  unsigned char* const data = below(random, 20) == 0 ? nullptr : bytes.data();
  const uint64_t capacity = below(random, Text::capacity);
  if (below(random, 2) == 0) return dllm_buffer_read(world.device(), buffer, offset, data, bytes.size(), err.out(), capacity);
  return dllm_buffer_write(world.device(), buffer, offset, data, bytes.size(), err.out(), capacity);
}

dllm_status open_device(Random& random, Text& err) {
  const dllm_device_options options{below(random, 4) == 0 ? 8u : 16u, below(random, 4) == 0 ? 1000u : 1u,
                                    static_cast<uint32_t>(below(random, 9)), below(random, 4) == 0 ? 1u : 0u};
  uint64_t device = 0;
  const dllm_status status = dllm_device_open(&options, below(random, 4) == 0 ? 12 : 16, &device, err.out(), Text::capacity);
  if (status == DLLM_OK) must(dllm_device_close(device, err.out(), Text::capacity), err.data);
  return status;
}

// Groups of any size, and others' handles taken for groups.
dllm_status use_group(Random& random, const World& world, Text& err) {
  const uint32_t sizes[] = {0, 1, 2, 3, 64, 65, UINT32_MAX};
  uint64_t group = 0;
  dllm_status status = dllm_group_create(sizes[below(random, std::size(sizes))], below(random, 20) == 0 ? nullptr : &group, err.out(),
                                         Text::capacity);
  if (status == DLLM_OK) {
    must(dllm_group_abort(group, err.out(), Text::capacity), err.data);
    must(dllm_group_destroy(group, err.out(), Text::capacity), err.data);
  }
  const std::vector<uint64_t> handles = world.handles();
  const uint64_t other = below(random, 4) == 0 ? group : handles[below(random, handles.size())];
  status = dllm_group_abort(other, err.out(), Text::capacity);
  return below(random, 2) == 0 ? status : dllm_group_destroy(other, err.out(), Text::capacity);
}

dllm_status ask_info(Random& random, const World& world, Text& err) {
  const std::vector<uint64_t> handles = world.handles();
  Bytes text(below(random, 160));
  char* const out = text.empty() ? nullptr : reinterpret_cast<char*>(text.data());
  if (below(random, 3) == 0) return dllm_build_info(out, text.size());
  return dllm_device_info(below(random, 2) == 0 ? world.device() : handles[below(random, handles.size())], out, text.size(), err.out(),
                          below(random, Text::capacity));
}

}  // namespace

dllm_status random_call(Random& random, const World& world) {
  Text err;
  switch (below(random, 32)) {
    case 0:
      return open_device(random, err);
    case 1:
    case 2:
      return use_weight(random, world.device(), err);
    case 3:
    case 4:
    case 5:
      return write_rows(random, world.device(), err);
    case 6:
    case 7:
    case 8:
      return create_and_drop_buffer(random, world.device(), err);
    case 9:
    case 10:
      return ask_info(random, world, err);
    case 11:
      return use_group(random, world, err);
    default:
      return touch_buffer(random, world, err);
  }
}

}  // namespace fuzz
