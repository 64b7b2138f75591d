#include "fuzz_mutations.h"

#include <algorithm>
#include <cstring>

namespace fuzz {
namespace {

template <class T>
T get(const Bytes& bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class T>
void put(Bytes& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

// A random place for a T on its own alignment, or no place.
template <class T>
bool place(Random& random, const Bytes& bytes, size_t* at) {
  if (bytes.size() < sizeof(T)) return false;
  *at = below(random, bytes.size() / sizeof(T)) * sizeof(T);
  return true;
}

uint32_t edge_word(Random& random) {
  constexpr uint32_t kEdges[] = {0,          1,          2,          3,          4,          5,          7,          8,
                                 12,         13,         15,         16,         17,         20,         21,         31,
                                 32,         33,         40,         41,         64,         65,         255,        4096,
                                 0xffff,     0x10000,    0x10001,    0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xfffffff0,
                                 0xfffffffe, 0xffffffff, 0x3f800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x00000001, 0x7f7fffff};
  return kEdges[below(random, std::size(kEdges))];
}

uint64_t edge_long(Random& random) {
  const uint64_t shift = below(random, 64);
  constexpr uint64_t kEdges[] = {0, 1, 3, 4, 8, UINT64_MAX, UINT64_MAX - 3, uint64_t{1} << 63, uint64_t{1} << 40};
  const uint64_t kind = below(random, 3);
  if (kind == 0) return kEdges[below(random, std::size(kEdges))];
  return kind == 1 ? uint64_t{1} << shift : (uint64_t{1} << shift) - 4;
}

void change_word(Random& random, Bytes& bytes) {
  size_t at;
  if (!place<uint32_t>(random, bytes, &at)) return;
  const uint32_t old = get<uint32_t>(bytes, at);
  switch (below(random, 5)) {
    case 0:
      return put<uint32_t>(bytes, at, edge_word(random));
    case 1:
      return put<uint32_t>(bytes, at, old + 1);
    case 2:
      return put<uint32_t>(bytes, at, old - 1);
    case 3:
      return put<uint32_t>(bytes, at, old ^ (1u << below(random, 32)));
    default:
      return put<uint32_t>(bytes, at, old * 2);
  }
}

// Where records begin, with the end of the bytes as the last entry.
std::vector<size_t> record_bounds(const Bytes& bytes) {
  std::vector<size_t> bounds;
  size_t at = sizeof(dllm_header);
  while (at + sizeof(dllm_record) <= bytes.size()) {
    bounds.push_back(at);
    const uint32_t length = get<dllm_record>(bytes, at).bytes;
    if (length < sizeof(dllm_record) || length > bytes.size() - at) break;
    at += length;
  }
  bounds.push_back(bytes.size());
  return bounds;
}

void change_records(Random& random, Bytes& bytes, const Bytes& other) {
  const std::vector<size_t> bounds = record_bounds(bytes);
  const std::vector<size_t> other_bounds = record_bounds(other);
  if (bounds.size() < 2 || other_bounds.size() < 2) return;
  const size_t index = below(random, bounds.size() - 1);
  const size_t other_index = below(random, other_bounds.size() - 1);
  const auto begin = bytes.begin() + static_cast<ptrdiff_t>(bounds[index]);
  const auto end = bytes.begin() + static_cast<ptrdiff_t>(bounds[index + 1]);
  uint32_t records = get<dllm_header>(bytes, 0).records;
  if (below(random, 2) == 0) {
    bytes.erase(begin, end);
    --records;
  } else {
    const Bytes inserted(other.begin() + static_cast<ptrdiff_t>(other_bounds[other_index]),
                         other.begin() + static_cast<ptrdiff_t>(other_bounds[other_index + 1]));
    bytes.insert(begin, inserted.begin(), inserted.end());
    ++records;
  }
  put<uint32_t>(bytes, offsetof(dllm_header, records), records);
}

void change_size(Random& random, Bytes& bytes) {
  if (below(random, 2) == 0) {
    bytes.resize(below(random, bytes.size() + 1));
  } else {
    bytes.insert(bytes.end(), 1 + below(random, 24), static_cast<unsigned char>(random()));
  }
}

void copy_part(Random& random, Bytes& bytes) {
  if (bytes.size() < 8) return;
  const size_t length = 4 * (1 + below(random, std::min<uint64_t>(8, bytes.size() / 4)));
  if (length > bytes.size()) return;
  const size_t from = below(random, (bytes.size() - length) / 4 + 1) * 4;
  const size_t to = below(random, (bytes.size() - length) / 4 + 1) * 4;
  std::memmove(bytes.data() + to, bytes.data() + from, length);
}

}  // namespace

void mutate_commands(Random& random, Bytes& commands, const Bytes& other, const std::vector<uint64_t>& handles) {
  size_t at;
  switch (below(random, 16)) {
    case 0:
      if (!commands.empty()) commands[below(random, commands.size())] ^= static_cast<unsigned char>(1u << below(random, 8));
      return;
    case 1:
    case 2:
      if (place<uint64_t>(random, commands, &at)) put(commands, at, edge_long(random));
      return;
    case 3:
    case 4:
      if (place<uint64_t>(random, commands, &at)) put(commands, at, handles[below(random, handles.size())]);
      return;
    case 5:
      return commands.size() >= sizeof(dllm_header) ? change_records(random, commands, other) : void();
    case 6:
      return change_size(random, commands);
    case 7:
      return copy_part(random, commands);
    default:
      return change_word(random, commands);
  }
}

void mutate_params(Random& random, Bytes& params) {
  switch (below(random, 12)) {
    case 0:
      return change_size(random, params);
    case 1:
      return copy_part(random, params);
    default:
      // Several, as most words stand in tables of ops that a short command buffer lacks.
      for (uint64_t i = 1 + below(random, 8); i > 0; --i) change_word(random, params);
  }
}

}  // namespace fuzz
