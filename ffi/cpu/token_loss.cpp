#include "token_loss.h"

#include <algorithm>
#include <cmath>

namespace dllm {
namespace {

// Whole cache lines.
uint64_t padded(uint64_t vocab) { return (vocab + 15) / 16 * 16; }

}  // namespace

bool find_peaks(const TrainingKernels& kernels, const float* logits, const float* teacher, int64_t vocab, int64_t target,
                TokenLossPeaks* peaks) {
  const LogitScan own = kernels.scan(logits, vocab);
  const LogitScan other = teacher == nullptr ? LogitScan{0, true} : kernels.scan(teacher, vocab);
  if (!own.finite || !other.finite) return false;
  // The lowest-id argmax: no id before the target has the largest logit.
  const bool correct = logits[target] == own.max && std::find(logits, logits + target, own.max) == logits + target;
  *peaks = {own.max, other.max, correct};
  return true;
}

uint64_t token_loss_scratch(uint64_t vocab) { return 3 * padded(vocab); }

bool token_loss(const TrainingKernels& kernels, const TokenLossRow& row, float* scratch, TokenLossResult* result) {
  float* const own = scratch;  // exponentials of the row, of the row at the temperature, of the teacher
  float* const sharp = own + padded(static_cast<uint64_t>(row.vocab));
  float* const other = sharp + padded(static_cast<uint64_t>(row.vocab));
  const float peak = row.peaks.logit;
  const ExponentialSums pi = kernels.exponential_sums(row.logits, own, row.vocab, peak, 1);
  const ExponentialSums rho = kernels.exponential_sums(row.logits, sharp, row.vocab, peak, row.temperature);
  const double log_pi = std::log(pi.total);
  const double hard = log_pi - (static_cast<double>(row.logits[row.target]) - static_cast<double>(peak));
  const double entropy = std::log(rho.total) - rho.weighted / rho.total;

  LossGradient task{};
  task.x = row.logits;
  task.x_max = peak;
  task.e = own;
  task.out = row.dlogits;
  double factor = static_cast<double>(row.hard_weight);
  double soft = 0;
  if (row.teacher != nullptr) {
    const double weight = static_cast<double>(row.soft_weight);
    const ExponentialSums q = kernels.exponential_sums(row.teacher, other, row.vocab, row.peaks.teacher, 1);
    if (row.reverse_kl) {
      const double shift = std::log(q.total) - log_pi;
      soft = (pi.weighted - kernels.expectation(own, row.teacher, row.vocab, row.peaks.teacher)) / pi.total + shift;
      task.y = row.teacher;
      task.y_max = row.peaks.teacher;
      task.soft = static_cast<float>(weight / pi.total);
      task.soft_shift = static_cast<float>(weight / pi.total * (shift - soft));
    } else {
      soft = log_pi - kernels.expectation(other, row.logits, row.vocab, peak) / q.total;
      task.t = other;
      task.soft = static_cast<float>(-weight / q.total);
      factor += weight;
    }
  }
  task.hard = static_cast<float>(factor / pi.total);
  if (row.entropy_weight != 0) {
    const double weight = -static_cast<double>(row.entropy_weight) / static_cast<double>(row.temperature) / rho.total;
    task.s = sharp;
    task.temperature = row.temperature;
    task.sharp = static_cast<float>(weight);
    task.sharp_shift = static_cast<float>(weight * (entropy - std::log(rho.total)));
  }
  *result = {static_cast<float>(hard), static_cast<float>(soft), static_cast<float>(entropy), row.peaks.correct ? 1.0f : 0.0f};
  if (!(std::isfinite(result->hard) && std::isfinite(result->soft) && std::isfinite(result->entropy))) return false;
  kernels.loss_gradient(task, row.vocab);
  row.dlogits[row.target] -= row.hard_weight;
  return true;
}

}  // namespace dllm
