#include "fuzz_group.h"

#include <thread>

#include "fuzz_bytes.h"

namespace fuzz {

uint64_t count_reduces(const Bytes& commands) {
  uint64_t count = 0;
  dllm_record head;
  for (size_t at = sizeof(dllm_header); at < commands.size(); at += head.bytes) {
    std::memcpy(&head, commands.data() + at, sizeof head);
    if (head.op == DLLM_OP_ALL_REDUCE) ++count;
  }
  return count;
}

Partner::Partner() {
  const dllm_device_options options{sizeof options, 1, DLLM_ISA_BEST, 0};
  Text err;
  must(dllm_device_open(&options, sizeof options, &device_, err.out(), Text::capacity), err.data);
  must(dllm_buffer_create(device_, sizeof(uint32_t), &params_, err.out(), Text::capacity), err.data);
  must(dllm_buffer_create(device_, uint64_t{World::kRows} * World::kHidden * 4, &values_, err.out(), Text::capacity), err.data);
}

Partner::~Partner() {
  Text err;
  must(dllm_device_close(device_, err.out(), Text::capacity), err.data);
}

void Partner::meet(Random& random, World& world) {
  Text err;
  must(dllm_group_create(2, &group_, err.out(), Text::capacity), err.data);
  const std::vector<float> zeros(World::kRows * World::kHidden);
  must(dllm_buffer_write(device_, values_, 0, zeros.data(), zeros.size() * 4, err.out(), Text::capacity), err.data);
  member_ = static_cast<uint32_t>(below(random, 2));
  world.join(group_, 1 - member_);
}

void Partner::leave(World& world) {
  Text err;
  dllm_group_destroy(group_, err.out(), Text::capacity);
  world.join(0, 0);
}

dllm_status Partner::beside(uint64_t reduces, uint32_t rows, bool disturbed, const std::function<void()>& body) {
  const auto give_up = [&] {
    Text err;
    dllm_group_abort(group_, err.out(), Text::capacity);
  };
  dllm_status status = DLLM_OK;
  std::thread partner([&] {
    status = run(reduces, rows);
    give_up();
  });
  std::thread third;
  if (disturbed) {
    third = std::thread([&] {
      Text err;
      must(dllm_group_destroy(group_, err.out(), Text::capacity), err.data);
    });
  }
  body();
  give_up();
  partner.join();
  if (disturbed) third.join();
  return status;
}

Bytes Partner::commands(uint64_t reduces) const {
  const dllm_header header{DLLM_MAGIC, DLLM_ABI_VERSION, static_cast<uint32_t>(reduces), 0, params_, 0, 0};
  Bytes bytes(sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  const dllm_all_reduce reduce{group_, {values_, 0}, member_, World::kHidden, World::kHidden, 0, World::kRows, 0};
  const Bytes one = record(DLLM_OP_ALL_REDUCE, reduce);
  for (uint64_t i = 0; i < reduces; ++i) bytes.insert(bytes.end(), one.begin(), one.end());
  return bytes;
}

dllm_status Partner::run(uint64_t reduces, uint32_t rows) const {
  const Bytes all = commands(reduces);
  Text err;
  return dllm_submit(device_, all.data(), all.size(), &rows, sizeof rows, nullptr, 0, nullptr, err.out(), Text::capacity);
}

}  // namespace fuzz
