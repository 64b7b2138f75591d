#include "plan.h"

#include <algorithm>
#include <cstring>

#include "record.h"

namespace dllm {
namespace {

using ull = unsigned long long;

struct OpType {
  uint32_t code;
  const char* name;
  uint64_t payload_bytes;
  std::unique_ptr<Op> (*record)(Record&);
};

constexpr OpType kOpTypes[] = {
    {DLLM_OP_EMBED, "EMBED", sizeof(dllm_embed), record_embed},
    {DLLM_OP_RMS_NORM, "RMS_NORM", sizeof(dllm_rms_norm), record_rms_norm},
    {DLLM_OP_MATMUL, "MATMUL", sizeof(dllm_matmul), record_matmul},
    {DLLM_OP_ROPE_KV, "ROPE_KV", sizeof(dllm_rope_kv), record_rope_kv},
    {DLLM_OP_ATTENTION, "ATTENTION", sizeof(dllm_attention), record_attention},
    {DLLM_OP_HEAD, "HEAD", sizeof(dllm_head), record_head},
    {DLLM_OP_COPY_ROWS, "COPY_ROWS", sizeof(dllm_copy_rows), record_copy_rows},
    {DLLM_OP_PACK, "PACK", sizeof(dllm_pack), record_pack},
    {DLLM_OP_MATMUL_GRAD, "MATMUL_GRAD", sizeof(dllm_matmul_grad), record_matmul_grad},
    {DLLM_OP_SWIGLU, "SWIGLU", sizeof(dllm_swiglu), record_swiglu},
    {DLLM_OP_SWIGLU_GRAD, "SWIGLU_GRAD", sizeof(dllm_swiglu_grad), record_swiglu_grad},
    {DLLM_OP_RMS_NORM_GRAD, "RMS_NORM_GRAD", sizeof(dllm_rms_norm_grad), record_rms_norm_grad},
    {DLLM_OP_ATTENTION_GRAD, "ATTENTION_GRAD", sizeof(dllm_attention_grad), record_attention_grad},
    {DLLM_OP_ROPE_KV_GRAD, "ROPE_KV_GRAD", sizeof(dllm_rope_kv_grad), record_rope_kv_grad},
    {DLLM_OP_EMBED_GRAD, "EMBED_GRAD", sizeof(dllm_embed_grad), record_embed_grad},
    {DLLM_OP_FILL, "FILL", sizeof(dllm_fill), record_fill},
    {DLLM_OP_TOKEN_LOSS, "TOKEN_LOSS", sizeof(dllm_token_loss), record_token_loss},
    {DLLM_OP_SUM_SQUARES, "SUM_SQUARES", sizeof(dllm_sum_squares), record_sum_squares},
    {DLLM_OP_ADAMW, "ADAMW", sizeof(dllm_adamw), record_adamw},
    {DLLM_OP_LERP, "LERP", sizeof(dllm_lerp), record_lerp},
    {DLLM_OP_ALL_REDUCE, "ALL_REDUCE", sizeof(dllm_all_reduce), record_all_reduce},
    {DLLM_OP_SHARD_SUMS, "SHARD_SUMS", sizeof(dllm_shard_sums), record_shard_sums},
    {DLLM_OP_SHARD_WINNERS, "SHARD_WINNERS", sizeof(dllm_shard_winners), record_shard_winners},
};

[[noreturn]] void bad_command(const std::string& text) { throw Failure(DLLM_BAD_COMMAND, text); }

dllm_header checked_header(const void* commands, uint64_t bytes) {
  dllm_header header;
  if (bytes < sizeof header) {
    bad_command(format("the command buffer has %llu bytes, wanted at least the header's %zu", static_cast<ull>(bytes), sizeof header));
  }
  std::memcpy(&header, commands, sizeof header);
  if (header.magic != DLLM_MAGIC) bad_command(format("header: magic is 0x%08x, wanted 0x%08x", header.magic, DLLM_MAGIC));
  if (header.abi != DLLM_ABI_VERSION) {
    bad_command(format("header: abi is %u, wanted %u; rebuild the library or the caller", header.abi, DLLM_ABI_VERSION));
  }
  if (header.reserved != 0) bad_command(format("header: reserved is %u, wanted 0", header.reserved));
  return header;
}

const OpType& checked_type(uint32_t index, const dllm_record& head, uint64_t left) {
  const auto type = std::find_if(std::begin(kOpTypes), std::end(kOpTypes), [&](const OpType& t) { return t.code == head.op; });
  if (type == std::end(kOpTypes)) bad_command(format("record %u: op is %u, wanted one of DLLM_OP_*", index, head.op));
  const uint64_t wanted = sizeof head + type->payload_bytes;
  if (head.bytes != wanted) {
    bad_command(format("record %u (%s): bytes is %u, wanted %llu", index, type->name, head.bytes, static_cast<ull>(wanted)));
  }
  if (head.bytes > left) {
    bad_command(format("record %u (%s): the command buffer ends %llu bytes into it, wanted %u", index, type->name,
                       static_cast<ull>(left), head.bytes));
  }
  return *type;
}

template <class T>
void require_open(const char* kind, uint64_t handle, const std::shared_ptr<T>& object) {
  if (object == nullptr || !object->destroyed) return;
  throw Failure(DLLM_BAD_HANDLE, format("%s %llu, which the plan uses, has been destroyed; record the plan again", kind,
                                        static_cast<ull>(handle)));
}

}  // namespace

Plan::Plan(const Device& device, const void* commands, uint64_t bytes) {
  const dllm_header header = checked_header(commands, bytes);
  const auto named = [&](const char* field, uint64_t handle) {
    if (device.buffers.has(handle)) return device.buffers.get(handle);
    throw Failure(DLLM_BAD_HANDLE, format("header: %s names buffer %llu, which is not open on this device; create it first", field,
                                          static_cast<ull>(handle)));
  };
  params_handle_ = header.params;
  params_ = named("params", header.params);
  output_handle_ = header.output;
  output_offset_ = header.output_offset;
  if (header.output != 0) {
    output_ = named("output", header.output);
    if (header.output_offset > output_->memory.bytes()) {
      bad_command(format("header: output_offset is %llu, wanted at most the buffer's %llu bytes", static_cast<ull>(header.output_offset),
                         static_cast<ull>(output_->memory.bytes())));
    }
  }

  const unsigned char* const begin = static_cast<const unsigned char*>(commands);
  uint64_t at = sizeof header;
  for (uint32_t index = 0; index < header.records; ++index) {
    dllm_record head;
    if (bytes - at < sizeof head) {
      bad_command(format("header: records is %u, but the command buffer ends after %u", header.records, index));
    }
    std::memcpy(&head, begin + at, sizeof head);
    const OpType& type = checked_type(index, head, bytes - at);
    Record record(device, *this, Site{index, type.name}, begin + at + sizeof head);
    ops_.push_back(type.record(record));
    at += head.bytes;
  }
  if (at != bytes) {
    bad_command(format("the command buffer has %llu bytes, its %u records end at %llu", static_cast<ull>(bytes), header.records,
                       static_cast<ull>(at)));
  }
}

void abort_groups(const void* commands, uint64_t bytes) noexcept {
  const unsigned char* const begin = static_cast<const unsigned char*>(commands);
  dllm_record head;
  for (uint64_t at = sizeof(dllm_header); at <= bytes && bytes - at >= sizeof head; at += head.bytes) {
    std::memcpy(&head, begin + at, sizeof head);
    if (head.bytes < sizeof head || head.bytes > bytes - at) return;
    dllm_all_reduce payload;
    if (head.op != DLLM_OP_ALL_REDUCE || head.bytes != sizeof head + sizeof payload) continue;
    std::memcpy(&payload, begin + at + sizeof head, sizeof payload);
    if (const auto group = known_group(payload.group)) group->abort();
  }
}

void Plan::require_objects() const {
  require_open("buffer", params_handle_, params_);
  require_open("buffer", output_handle_, output_);
  for (const auto& [handle, buffer] : buffers_) require_open("buffer", handle, buffer);
  for (const auto& [handle, weight] : weights_) require_open("weight", handle, weight);
}

// The other members of a group wait for this one: where it fails they are let go.
void Plan::run(Device& device, const void* params, uint64_t params_bytes, void* out, uint64_t out_bytes) const {
  try {
    run_once(device, params, params_bytes, out, out_bytes);
  } catch (...) {
    for (const auto& group : groups_) group->abort();
    throw;
  }
}

void Plan::run_once(Device& device, const void* params, uint64_t params_bytes, void* out, uint64_t out_bytes) const {
  require_objects();
  const uint64_t capacity = params_->memory.bytes();
  if (params_bytes % 4 != 0 || params_bytes > capacity) {
    throw Failure(DLLM_INVALID_ARGUMENT, format("params_bytes is %llu, wanted a multiple of 4 up to the params buffer's %llu",
                                                static_cast<ull>(params_bytes), static_cast<ull>(capacity)));
  }
  const uint64_t available = output_ == nullptr ? 0 : output_->memory.bytes() - output_offset_;
  if (out_bytes > available) {
    throw Failure(DLLM_INVALID_ARGUMENT, format("out_bytes is %llu, wanted at most the %llu behind the header's output offset",
                                                static_cast<ull>(out_bytes), static_cast<ull>(available)));
  }
  if (params_bytes != 0) std::memcpy(params_->memory.data(), params, params_bytes);

  const Words words{reinterpret_cast<const uint32_t*>(params_->memory.data()), capacity / sizeof(uint32_t)};
  uint64_t scratch = 0;
  for (const auto& op : ops_) scratch = std::max(scratch, op->check(words, device));
  const Engine engine = device.engine(scratch);
  for (const auto& op : ops_) op->run(words, engine);
  if (out_bytes != 0) std::memcpy(out, output_->memory.data() + output_offset_, out_bytes);
}

}  // namespace dllm
