// Weight matrices in the layout that the matrix multiplication reads.
#ifndef DLLM_GEMM_PACKED_WEIGHT_H
#define DLLM_GEMM_PACKED_WEIGHT_H

#include <cstddef>
#include <cstdint>

namespace dllm {

// n output rows by k inputs as F32 or BF16. Panels of 16 rows lie one after the other, k-major within: F32 as [k][16],
// BF16 as [k / 2][16][2]. n is padded with zeros to a multiple of 16, k to a multiple of 8.
class PackedWeight {
 public:
  static constexpr int64_t kPanel = 16;
  static constexpr int64_t kGroup = 8;

  // Zero-filled. dtype is DLLM_F32 or DLLM_BF16, n and k are positive. Throws std::bad_alloc.
  PackedWeight(uint32_t dtype, int64_t n, int64_t k);
  PackedWeight(PackedWeight&& other) noexcept;
  PackedWeight& operator=(PackedWeight&& other) noexcept;
  ~PackedWeight();

  uint32_t dtype() const noexcept { return dtype_; }
  int64_t n() const noexcept { return n_; }
  int64_t k() const noexcept { return k_; }
  int64_t padded_k() const noexcept { return (k_ + kGroup - 1) / kGroup * kGroup; }
  int64_t panels() const noexcept { return (n_ + kPanel - 1) / kPanel; }
  size_t element_bytes() const noexcept;
  size_t panel_bytes() const noexcept { return static_cast<size_t>(padded_k()) * kPanel * element_bytes(); }
  size_t bytes() const noexcept { return static_cast<size_t>(panels()) * panel_bytes(); }
  const void* data() const noexcept { return data_; }
  // One panel, to be written in the layout above; its padding must stay zero.
  unsigned char* panel(int64_t index) noexcept { return static_cast<unsigned char*>(data_) + static_cast<size_t>(index) * panel_bytes(); }

  // Source row i (row-major, k elements of src_dtype DLLM_F32, DLLM_BF16 or DLLM_F16, any alignment) goes to row
  // row_begin + (i / group) * group_stride + i % group. F32 and F16 are rounded to nearest even for a BF16 weight.
  // False at the first entry, by source row and column, that is not finite (or not as BF16), which is named; the weight is
  // then written in part. Calls for different panels may run at the same time.
  bool write_rows(int64_t row_begin, int64_t row_count, int64_t group, int64_t group_stride, uint32_t src_dtype, const void* src,
                  int64_t* bad_row, int64_t* bad_col);

  // Row `row` as k floats.
  void read_row(int64_t row, float* out) const;

 private:
  bool write_run(int64_t row, int64_t rows, uint32_t src_dtype, const unsigned char* src);
  void find_non_finite(int64_t rows, uint32_t src_dtype, const unsigned char* src, int64_t* bad_row, int64_t* bad_col) const;

  uint32_t dtype_ = 0;
  int64_t n_ = 0;
  int64_t k_ = 0;
  void* data_ = nullptr;
};

}  // namespace dllm
#endif
