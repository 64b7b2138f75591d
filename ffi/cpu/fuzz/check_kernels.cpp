// Checks the kernels of every instruction set of this machine against the plain ones, on random shapes. Usage:
// check_kernels [seed] [cases]; ends with 1 on the first difference beyond rounding.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "check_linear.h"
#include "check_training.h"
#include "gemm/isa.h"
#include "vector_ops.h"

namespace {

using dllm::Isa;
using dllm::VectorOps;

class Checker : public check::Comparison {
 public:
  Checker(uint64_t seed, const char* isa, const VectorOps& ops) : Comparison(seed, isa), ops_(ops) {}

  void attention() {
    const int64_t rows = below(20) + 1, group = below(8) + 1, dim = below(140) + 1, keys = below(300) + 1;
    const int64_t stride = group * dim + below(5);
    const std::vector<float> q = floats(rows * stride, 1), k = floats(keys * dim, 1), v = floats(keys * dim, 1);
    std::vector<const float*> key_rows, value_rows;
    for (int64_t i = 0; i < keys; ++i) {
      key_rows.push_back(&k[static_cast<size_t>(i * dim)]);
      value_rows.push_back(&v[static_cast<size_t>(i * dim)]);
    }
    std::vector<int64_t> visible;
    for (int64_t i = 0; i < rows; ++i) visible.push_back(below(keys) + 1);
    const int64_t most = *std::max_element(visible.begin(), visible.end());
    const auto run = [&](const VectorOps& ops) {
      std::vector<float> out(q.size());
      std::vector<float> scratch(static_cast<size_t>(ops.attention_scratch(rows * group, dim, most)));
      ops.attention({q.data(), stride, out.data(), stride, rows, group, dim, key_rows.data(), value_rows.data(), visible.data(), most,
                     1 / std::sqrt(static_cast<float>(dim)), scratch.data()});
      return out;
    };
    compare("attention", run(ops_), run(dllm::kScalarVectorOps), 1e-5);
  }

  void vocabulary() {
    const int64_t n = below(700) + 1;
    const bool bf16 = below(2) == 1;
    const std::vector<float> in = floats(n, 8);
    const auto run = [&](const VectorOps& ops) {
      std::vector<float> x(in.size()), e(in.size());
      if (!ops.load_logits(in.data(), x.data(), n, bf16)) fail("load_logits refuses finite logits");
      ops.divide(x.data(), n, 0.7f, bf16);
      x[0] = n > 1 ? -INFINITY : x[0];
      const float most = ops.maximum(x.data(), n);
      const double total = ops.exponentials(x.data(), e.data(), n, most);
      std::vector<float> result{most, static_cast<float>(total), static_cast<float>(ops.sum(e.data(), n))};
      const dllm::TopTwo top = ops.normalise(e.data(), n, static_cast<float>(total), bf16);
      result.insert(result.end(), {top.first, top.second, static_cast<float>(ops.negative_entropy(e.data(), n, 1e-10f))});
      result.insert(result.end(), e.begin(), e.end());
      return result;
    };
    compare("vocabulary", run(ops_), run(dllm::kScalarVectorOps), bf16 ? 4e-3 : 2e-6);
    for (const float bad : {NAN, INFINITY, -INFINITY}) {
      std::vector<float> broken = in;
      broken[static_cast<size_t>(below(n))] = bad;
      if (ops_.load_logits(broken.data(), broken.data(), n, bf16)) fail("load_logits accepts a value that is not finite");
    }
  }

 private:
  const VectorOps& ops_;
};

// What the library finds out of the processor must be what the compiler's own library does: a path that is wrongly thought to
// be missing would be run by no test.
bool detection_agrees() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  return dllm::isa_available(Isa::kAvx2) == avx2 && dllm::isa_available(Isa::kAvx512) == avx512;
#elif defined(__aarch64__)
  return dllm::isa_available(Isa::kNeon);
#else
  return true;
#endif
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  const int cases = argc > 2 ? std::atoi(argv[2]) : 300;
  const std::pair<Isa, const char*> all[] = {
      {Isa::kScalar, "scalar"}, {Isa::kAvx2, "avx2"}, {Isa::kAvx512, "avx512"}, {Isa::kAvx512Bf16, "avx512bf16"},
      {Isa::kNeon, "neon"}};
  if (!detection_agrees()) {
    std::printf("the instruction sets found are not those of the processor\n");
    return 1;
  }
  for (const auto& [isa, name] : all) {
    if (!dllm::isa_available(isa)) {
      std::printf("%s: not on this machine\n", name);
      continue;
    }
    Checker checker(seed, name, dllm::vector_ops(isa));
    for (int i = 0; i < cases; ++i) {
      checker.attention();
      checker.vocabulary();
      check::check_training(checker, isa);
      check::check_linear(checker, isa);
    }
    std::printf("%s: %d cases agree\n", name, cases);
  }
  Checker pairs(seed, "rows in pairs", dllm::kScalarVectorOps);
  for (int i = 0; i < cases; ++i) check::check_pairs(pairs);
  std::printf("rows in pairs: %d cases agree\n", cases);
  return 0;
}
