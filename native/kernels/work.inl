// Small arithmetic of sizes, and what kernels' checks and cost estimates share.
#pragma once

#include "kernels/kernels.h"
#include "simd/common.h"

MIA_BEGIN

MIA_INLINE constexpr int64_t MinOf(int64_t a, int64_t b) { return a < b ? a : b; }
MIA_INLINE constexpr int64_t MaxOf(int64_t a, int64_t b) { return a > b ? a : b; }
MIA_INLINE double MaxOf(double a, double b) { return a > b ? a : b; }
MIA_INLINE float MaxOf(float a, float b) { return a > b ? a : b; }
// How many blocks of `size` hold n elements.
MIA_INLINE int64_t BlocksOf(int64_t n, int64_t size) { return (n + size - 1) / size; }

// Units worth handing out together, given one unit's nanoseconds.
MIA_INLINE int64_t GrainOf(double cost) {
  constexpr double kChunk = 5000;
  return cost >= kChunk ? 1 : static_cast<int64_t>(kChunk / (cost > 1 ? cost : 1));
}

// The product of non-negative sizes, or -1 where one is negative or the product leaves 2^53.
inline int64_t SizeProduct(const int64_t* sizes, int n) {
  int64_t product = 1;
  for (int i = 0; i < n; i++) {
    if (sizes[i] < 0 || __builtin_mul_overflow(product, sizes[i], &product)) return -1;
    if (product > int64_t{1} << 53) return -1;
  }
  return product;
}

// Is the program's index space [0, n)? Its views all have the same count, so one of them tells.
MIA_INLINE bool Covers(const TileProgram& program, int64_t n) {
  return program.num_views == 0 || program.views[0].count == n;
}

// The first failure of a step is the one that is reported.
inline void Fail(const Frame& frame, Status status, int64_t detail) {
  int32_t none = static_cast<int32_t>(Status::kOk);
  if (__atomic_compare_exchange_n(frame.status, &none, static_cast<int32_t>(status), false, __ATOMIC_RELAXED,
                                  __ATOMIC_RELAXED)) {
    *frame.detail = detail;
  }
}

MIA_END
