// What attention does to a row of scores, f32 in vectors and f64 in plain loops. Rows are whole vectors long.
#pragma once

#include "kernels/attention_problem.inl"
#include "simd/math.h"

MIA_BEGIN

// f32: whole vectors
MIA_INLINE void Cap(float* row, int64_t n, float cap) {
  const Vec up = Set(cap), down = Set(1 / cap);
  for (int64_t i = 0; i < n; i += kLanes) Store(row + i, Mul(up, Tanh(Mul(Load(row + i), down))));
}
MIA_INLINE float HighestOf(const float* row, int64_t n) {
  Vec high[2] = {Load(row), Load(row)};
  int64_t i = kLanes;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    high[0] = Max(high[0], Load(row + i));
    high[1] = Max(high[1], Load(row + i + kLanes));
  }
  if (i < n) high[0] = Max(high[0], Load(row + i));
  return MaxOfLanes(Max(high[0], high[1]));
}
// row = e^(row - highest); gives their sum.
MIA_INLINE float Exponentials(float* row, int64_t n, float highest) {
  const Vec center = Set(highest);
  Vec sums[2] = {Zero(), Zero()};
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const Vec a = Exp(Sub(Load(row + i), center)), b = Exp(Sub(Load(row + i + kLanes), center));
    sums[0] = Add(sums[0], a);
    sums[1] = Add(sums[1], b);
    Store(row + i, a);
    Store(row + i + kLanes, b);
  }
  if (i < n) {
    const Vec a = Exp(Sub(Load(row + i), center));
    sums[0] = Add(sums[0], a);
    Store(row + i, a);
  }
  return SumOfLanes(Add(sums[0], sums[1]));
}
MIA_INLINE float ExpOf(float x) { return MaxOfLanes(Exp(Set(x))); }

MIA_INLINE void Cap(double* row, int64_t n, double cap) {
  for (int64_t i = 0; i < n; i++) row[i] = cap * Tanh(row[i] / cap);
}
MIA_INLINE double HighestOf(const double* row, int64_t n) {
  double high = row[0];
  for (int64_t i = 1; i < n; i++) high = row[i] > high ? row[i] : high;
  return high;
}
MIA_INLINE double Exponentials(double* row, int64_t n, double highest) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += row[i] = Exp(row[i] - highest);
  return sum;
}
MIA_INLINE double ExpOf(double x) { return Exp(x); }

template <class T>
MIA_INLINE void Scale(T* row, int64_t n, T factor) {
  MIA_INDEPENDENT for (int64_t i = 0; i < n; i++) row[i] *= factor;
}
template <class T>
MIA_INLINE void Hide(T* row, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i++) row[i] = -INFINITY;
}

// Hides where a bool mask is 0; adds any other.
template <DType dtype, class Storage, class T>
MIA_INLINE void ApplyMaskOf(T* row, int64_t n, const Storage* mask, int64_t stride) {
  for (int64_t i = 0; i < n; i++) {
    if constexpr (dtype == DType::k_bool) {
      row[i] = mask[i * stride] != 0 ? row[i] : static_cast<T>(-INFINITY);
    } else {
      row[i] += FromStorage<dtype, Storage, T>(mask[i * stride]);
    }
  }
}
template <DType dtype, class Storage, class T>
MIA_NOINLINE void ApplyMaskAt(T* row, int64_t n, const char* mask, int64_t stride) {
  const auto* const from = reinterpret_cast<const Storage*>(mask);
  if (stride == 1) return ApplyMaskOf<dtype>(row, n, from, 1);
  ApplyMaskOf<dtype>(row, n, from, stride);
}
template <class T>
void ApplyMask(T* row, int64_t n, const char* mask, DType dtype, int64_t stride) {
  if (dtype == DType::k_bool) return ApplyMaskAt<DType::k_bool, uint8_t>(row, n, mask, stride);
  if constexpr (kSame<T, double>) return ApplyMaskAt<DType::k_f64, double>(row, n, mask, stride);
  if (dtype == DType::k_f32) return ApplyMaskAt<DType::k_f32, float>(row, n, mask, stride);
  if (dtype == DType::k_f16) return ApplyMaskAt<DType::k_f16, uint16_t>(row, n, mask, stride);
  ApplyMaskAt<DType::k_bf16, uint16_t>(row, n, mask, stride);
}

MIA_END
