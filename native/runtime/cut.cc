#include "runtime/cut.h"

#include <algorithm>

namespace mia {
namespace {

// Nanoseconds of estimated work.
constexpr double kMinRange = 2e3;    // one claim should outweigh its own cost
constexpr double kMaxRange = 500e3;  // and leave cancellation and other runs a chance

int64_t RoundUp(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

}  // namespace

int64_t Quotient(double a, double b, int64_t most) {
  const double q = a / b;
  return q >= static_cast<double>(most) ? most : q >= 1 ? static_cast<int64_t>(q) : 1;
}

Cut CutWork(const Work& work) {
  constexpr int64_t kMaxBlocks = int64_t{1} << 31, kMaxClaim = (int64_t{1} << 20) - 1;
  const int64_t grain = std::min(std::max<int64_t>(work.grain, 1), work.units);
  int64_t units =
      grain * Quotient(kMinRange, work.cost_per_unit * static_cast<double>(grain), work.units / grain);
  units = std::max(units, RoundUp(work.units / kMaxBlocks + 1, grain));
  const auto max_claim = Quotient(kMaxRange, work.cost_per_unit * static_cast<double>(units), kMaxClaim);
  return {static_cast<uint32_t>((work.units + units - 1) / units), static_cast<uint32_t>(max_claim), units,
          work.cost_per_unit * static_cast<double>(work.units)};
}

}  // namespace mia
