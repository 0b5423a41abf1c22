// Scores of few queries: keys are read once, as they lie, and the lanes of products summed.
#pragma once

#include "kernels/attention_problem.inl"

MIA_BEGIN

// The sum of the lanes of each vector, in the lane of its number.
MIA_INLINE Vec SumsOfLanes(Vec* vectors) {
  if constexpr (kLanes > 1) {
    using All = typename MakeIndices<kLanes>::Type;
    MIA_UNROLL_ALL for (int n = kLanes / 2; n > 0; n /= 2) {
      MIA_UNROLL_ALL for (int i = 0; i < n; i++) {
        const Vec a = vectors[i], b = vectors[i + n];
        vectors[i] = Add(Interleave<0>(a, b, All()), Interleave<kLanes / 2>(a, b, All()));
      }
    }
  }
  return vectors[0];
}

// Some queries against keys one after another. Strides of k and v count bytes.
struct Dots {
  const float* q;  // rows of whole vectors, filled with zeros
  int64_t q_row, features;
  const char* k;
  int64_t k_row, keys;
  const char* v;  // read next: fetched meanwhile
  int64_t v_row, v_bytes;
  float* scores;
  int64_t scores_row;
};

// kRows queries x as many keys as there are then lanes; only the first `keys` of them are written.
template <DType dtype, int kRows>
MIA_INLINE void DotsOf(const Dots& t, int64_t j, int64_t stride, int keys) {
  constexpr int kKeys = kLanes / kRows;
  const char* const k = t.k + j * t.k_row;
  Vec sums[kLanes];
  MIA_UNROLL_ALL for (int i = 0; i < kLanes; i++) sums[i] = Zero();
  const auto add = [&](int64_t d, int n) {
    Vec key[kKeys];
    MIA_UNROLL_ALL for (int i = 0; i < kKeys; i++) {
      key[i] = LoadFirst<dtype>(reinterpret_cast<const FloatStorage<dtype>*>(k + i * stride) + d, n);
    }
    MIA_UNROLL_ALL for (int r = 0; r < kRows; r++) {
      const Vec x = Load(t.q + r * t.q_row + d);
      MIA_UNROLL_ALL for (int i = 0; i < kKeys; i++) {
        sums[r * kKeys + i] = MulAdd(x, key[i], sums[r * kKeys + i]);
      }
    }
  };
  int64_t d = 0;
  for (; d + kLanes <= t.features; d += kLanes) add(d, kLanes);
  if (d < t.features) add(d, static_cast<int>(t.features - d));
  float all[kLanes];
  Store(all, SumsOfLanes(sums));
  MIA_UNROLL_ALL for (int r = 0; r < kRows; r++) {
    float* const out = t.scores + r * t.scores_row + j;
    if (keys == kKeys) {
      memcpy(out, all + r * kKeys, kKeys * sizeof(float));
    } else {
      *out = all[r * kKeys];
    }
  }
}

// Keys [begin, end) for kRows queries. The last ones stand in for the lanes that would be behind them.
template <DType dtype, int kRows>
MIA_NOINLINE void DotsOfRows(const Dots& t, int64_t begin, int64_t end) {
  constexpr int kKeys = kLanes / kRows;
  int64_t j = begin;
  for (; j + kKeys <= end; j += kKeys) {
    MIA_UNROLL_ALL for (int i = 0; i < kKeys; i++) {
      Prefetch(t.k + MinOf(j + i + kAheadKeys, t.keys - 1) * t.k_row,
               t.features * sizeof(FloatStorage<dtype>));
      Prefetch(t.v + (j + i) * t.v_row, t.v_bytes);
    }
    DotsOf<dtype, kRows>(t, j, t.k_row, kKeys);
  }
  for (; j < end; j++) DotsOf<dtype, kRows>(t, j, 0, 1);
}
template <DType dtype>
void DotsOfAll(Dots t, int64_t rows, int64_t begin, int64_t end) {
  while (rows > 0) {
    int64_t taken = 1;
    if constexpr (kLanes >= 4) {
      if (rows >= 4) {
        taken = 4;
      } else if (rows >= 2) {
        taken = 2;
      }
    }
    if (taken == 1) DotsOfRows<dtype, 1>(t, begin, end);
    if constexpr (kLanes >= 4) {
      if (taken == 2) DotsOfRows<dtype, 2>(t, begin, end);
      if (taken == 4) DotsOfRows<dtype, 4>(t, begin, end);
    }
    rows -= taken;
    t.q += taken * t.q_row;
    t.scores += taken * t.scores_row;
  }
}
MIA_INLINE void ScoreByDots(DType dtype, const Dots& t, int64_t rows, int64_t begin, int64_t end) {
  if (dtype == DType::k_f32) return DotsOfAll<DType::k_f32>(t, rows, begin, end);
  if (dtype == DType::k_f16) return DotsOfAll<DType::k_f16>(t, rows, begin, end);
  DotsOfAll<DType::k_bf16>(t, rows, begin, end);
}

MIA_END
