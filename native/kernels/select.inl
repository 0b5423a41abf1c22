// Where the largest of a list end, without sorting it: by count, or by sum.
#pragma once

#include "kernels/row_functions.inl"

MIA_BEGIN

// The largest elements: all above `least`, and of those equal to it the first `ties`.
struct Prefix {
  float least;
  int64_t ties;
};

// Floats as integers of the same order, NaN and -0 aside.
MIA_INLINE int64_t OrderOf(float x) {
  const int32_t bits = BitCast<int32_t>(x);
  return bits >= 0 ? bits : int64_t{INT32_MIN} - bits;
}
MIA_INLINE float OfOrder(int64_t order) {
  return BitCast<float>(static_cast<int32_t>(order >= 0 ? order : int64_t{INT32_MIN} - order));
}

struct ByCount {
  static MIA_INLINE double Of(const float*, int64_t n) { return static_cast<double>(n); }
  static MIA_INLINE double OfOne(float) { return 1; }
};
struct BySum {
  static MIA_INLINE double Of(const float* list, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i += kTile) {
      SumsOver<1>(list + i, static_cast<int>(MinOf(kTile, n - i)), &sum, [](auto v, auto* terms) { terms[0] = v; });
    }
    return sum;
  }
  static MIA_INLINE double OfOne(float x) { return x; }
};

// The fewest largest of list[0, n), n > 0, whose measure reaches `wanted`: at least one, all if all do not reach it. No
// element is NaN or -0. Every round halves the floats between the ends, so that 32 are enough for any list.
template <class Measure>
MIA_NOINLINE Prefix LargestOf(float* list, int64_t n, double wanted) {
  double above = 0;
  for (;;) {
    float least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < n; i += kTile) {
      const int count = static_cast<int>(MinOf(kTile, n - i));
      least = MinFold::Join(least, FoldAll<MinFold>(list + i, count));
      most = MaxFold::Join(most, FoldAll<MaxFold>(list + i, count));
    }
    if (least == most) {
      int64_t ties = 1;
      while (ties < n && above + static_cast<double>(ties) * Measure::OfOne(least) < wanted) ties++;
      return {least, ties};
    }
    const int64_t low = OrderOf(least), high = OrderOf(most);
    const float middle = OfOrder(low + (high - low) / 2 + 1);  // least < middle <= most
    int64_t upper = 0;
    for (int64_t i = 0; i < n; i++) {
      const float x = list[i];
      list[i] = list[upper];
      list[upper] = x;
      upper += x >= middle ? 1 : 0;
    }
    const double more = Measure::Of(list, upper);
    if (above + more >= wanted) {
      n = upper;
    } else {
      above += more;
      list += upper;
      n -= upper;
    }
  }
}

MIA_END
