#include <cstring>

#include "record_op.h"

namespace dllm {
namespace {

constexpr uint64_t kEntryWords = 3;
constexpr uint64_t kMaxPlaneBytes = uint64_t{1} << 40;

class CopyRows : public RecordOp<dllm_copy_rows> {
 public:
  explicit CopyRows(Record& record) : RecordOp(record) {
    site_.want_positive("planes", p_.planes);
    site_.want_positive("src_rows", p_.src_rows);
    site_.want_positive("dst_rows", p_.dst_rows);
    check_bytes("row_bytes", p_.row_bytes);
    check_bytes("src_plane_bytes", p_.src_plane_bytes);
    check_bytes("dst_plane_bytes", p_.dst_plane_bytes);
    src_ = record.bytes("src", p_.src, plane_rows("src_plane_bytes", p_.src_rows, p_.src_plane_bytes), false);
    dst_ = record.bytes("dst", p_.dst, plane_rows("dst_plane_bytes", p_.dst_rows, p_.dst_plane_bytes), true);
    record.check_overlaps();
    record.words("table_at", p_.table_at, 1 + kEntryWords * p_.max_entries);
  }

  uint64_t check(const Words& words, const Device&) const override {
    const uint32_t entries = site_.count(words, "table_at", p_.table_at, p_.max_entries);
    for (uint32_t i = 0; i < entries; ++i) {
      const uint32_t* const entry = words.at(p_.table_at + 1 + kEntryWords * i);
      check_rows(i, "source", entry[0], entry[2], p_.src_rows);
      check_rows(i, "destination", entry[1], entry[2], p_.dst_rows);
    }
    return 0;
  }

  // Entries in order within a plane: a later one may write the rows of an earlier one.
  void run(const Words& words, const Engine& engine) const override {
    const uint32_t entries = words[p_.table_at];
    if (entries == 0) return;
    engine.pool.parallel_for(p_.planes, [&](int64_t plane) noexcept {
      const unsigned char* const src = src_ + static_cast<uint64_t>(plane) * p_.src_plane_bytes;
      unsigned char* const dst = dst_ + static_cast<uint64_t>(plane) * p_.dst_plane_bytes;
      for (uint32_t i = 0; i < entries; ++i) {
        const uint32_t* const entry = words.at(p_.table_at + 1 + kEntryWords * i);
        std::memcpy(dst + entry[1] * p_.row_bytes, src + entry[0] * p_.row_bytes, entry[2] * p_.row_bytes);
      }
    });
  }

 private:
  void check_bytes(const char* field, uint64_t bytes) const {
    if (bytes >= 4 && bytes % 4 == 0 && bytes <= kMaxPlaneBytes) return;
    site_.fail(DLLM_BAD_COMMAND, format("%s is %llu, wanted a positive multiple of 4 up to 2^40", field,
                                        static_cast<unsigned long long>(bytes)));
  }

  // A plane counts as one row of all its rows' bytes; the stride of a single plane does not matter.
  Rows plane_rows(const char* field, uint64_t rows, uint64_t plane_bytes) const {
    const unsigned __int128 wanted = static_cast<unsigned __int128>(rows) * p_.row_bytes;
    if (p_.planes > 1 && wanted > plane_bytes) {
      site_.fail(DLLM_BAD_COMMAND, format("%s is %llu, wanted room for %llu rows of row_bytes %llu", field,
                                          static_cast<unsigned long long>(plane_bytes), static_cast<unsigned long long>(rows),
                                          static_cast<unsigned long long>(p_.row_bytes)));
    }
    if (wanted > kMaxPlaneBytes) {
      site_.fail(DLLM_BAD_COMMAND, format("%llu rows of row_bytes %llu are wanted, which is more than 2^40 bytes",
                                          static_cast<unsigned long long>(rows), static_cast<unsigned long long>(p_.row_bytes)));
    }
    return {p_.planes, static_cast<uint64_t>(wanted), plane_bytes};
  }

  void check_rows(uint32_t entry, const char* what, uint32_t begin, uint32_t count, uint32_t rows) const {
    if (uint64_t{begin} + count <= rows) return;
    site_.fail(DLLM_BAD_COMMAND, format("entry %u copies %u %s rows from row %u on, wanted them within %u rows", entry, count, what,
                                        begin, rows));
  }

  const unsigned char* src_;
  unsigned char* dst_;
};

}  // namespace

std::unique_ptr<Op> record_copy_rows(Record& record) { return std::make_unique<CopyRows>(record); }

}  // namespace dllm
