// wkv7.f32: the recurrence of RWKV-7 (Peng et al. 2025). A head has a state S [size (keys), size (values)];
// row t makes it diag(w[t]) S + b[t]^T (a[t] S) + k[t]^T v[t], and gives y[t] = r[t] S. ints [batch, rows,
// heads, size]; views [out, r, w, k, v, a, b, S], all f32: out [batch..., rows + size, heads, size], linear:
// y, then in the place of `size` rows the last S [heads, size, size]; r to b [batch..., rows, heads, size]
// and S [batch..., heads, size, size] at any strides.
#pragma once

#include "kernels/matmul_problem.inl"
#include "kernels/work.inl"

MIA_BEGIN

constexpr int kWkvInputs = 6;  // r, w, k, v, a, b
constexpr int64_t kMaxWkvSize = 512;
constexpr int64_t kWkvRows = 32;  // rows of the inputs that are gathered together, where they are
static_assert(kWkvInputs * kWkvRows * kMaxWkvSize * sizeof(float) <= kScratchBytes, "scratch is too small");

// Rows of one head [rows, size], the last stride 1.
struct HeadRows {
  const float* first;
  int64_t stride;
  MIA_INLINE const float* operator[](int64_t t) const { return first + t * stride; }
};
struct WkvRows {
  HeadRows r, w, k, v, a, b;
  int64_t count, size;
};

MIA_INLINE void CopyElements(float* to, const float* from, int64_t stride, int64_t n) {
  if (stride == 1) {
    memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
  } else {
    for (int64_t i = 0; i < n; i++) to[i] = from[i * stride];
  }
}

// Vectors of columns of S [size, size] through some rows: S is read and written once a row, and a[t + 1] S is
// summed on the way. kWhole: all vectors are; else `n` lanes of them are there. y lies at `y_stride`.
template <int kVectors, bool kWhole>
MIA_NOINLINE void WkvColumns(const WkvRows& x, float* state, float* y, int64_t y_stride, int64_t at, int n) {
  const auto load = [n](const float* p) { return kWhole ? Load(p) : LoadPartial(p, n); };
  const auto store = [n](float* p, Vec v) { return kWhole ? Store(p, v) : StorePartial(p, v, n); };
  const int64_t size = x.size;
  float* const columns = state + at;
  Vec removed[kVectors];  // a[t] S
  MIA_UNROLL_ALL for (int c = 0; c < kVectors; c++) removed[c] = Zero();
  for (int64_t j = 0; j < size; j++) {
    const Vec a = Set(x.a[0][j]);
    MIA_UNROLL_ALL for (int c = 0; c < kVectors; c++) {
      removed[c] = MulAdd(a, load(columns + j * size + c * kLanes), removed[c]);
    }
  }
  for (int64_t t = 0; t < x.count; t++) {
    const float *rs = x.r[t], *ws = x.w[t], *ks = x.k[t], *bs = x.b[t], *as = x.a[MinOf(t + 1, x.count - 1)];
    Vec v[kVectors], sum[kVectors], next[kVectors];
    MIA_UNROLL_ALL for (int c = 0; c < kVectors; c++) {
      v[c] = load(x.v[t] + at + c * kLanes);
      sum[c] = next[c] = Zero();
    }
    for (int64_t j = 0; j < size; j++) {
      const Vec r = Set(rs[j]), w = Set(ws[j]), k = Set(ks[j]), b = Set(bs[j]), a = Set(as[j]);
      MIA_UNROLL_ALL for (int c = 0; c < kVectors; c++) {
        float* const cell = columns + j * size + c * kLanes;
        const Vec s = MulAdd(k, v[c], MulAdd(b, removed[c], Mul(w, load(cell))));
        store(cell, s);
        sum[c] = MulAdd(r, s, sum[c]);
        next[c] = MulAdd(a, s, next[c]);
      }
    }
    MIA_UNROLL_ALL for (int c = 0; c < kVectors; c++) {
      store(y + t * y_stride + at + c * kLanes, sum[c]);
      removed[c] = next[c];
    }
  }
}

MIA_INLINE void WkvHead(const WkvRows& x, float* state, float* y, int64_t y_stride) {
  constexpr int kVectors = kVectorRegisters >= 32 ? 4 : 2;
  int64_t at = 0;
  for (; at + kVectors * kLanes <= x.size; at += kVectors * kLanes) {
    WkvColumns<kVectors, true>(x, state, y, y_stride, at, kLanes);
  }
  for (; at + kLanes <= x.size; at += kLanes) WkvColumns<1, true>(x, state, y, y_stride, at, kLanes);
  if (at < x.size) WkvColumns<1, false>(x, state, y, y_stride, at, static_cast<int>(x.size - at));
}

// Units are heads of batch entries.
inline void Wkv7Run(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const int64_t rows = step.ints[1], heads = step.ints[2], size = step.ints[3], width = heads * size;
  const View &out = step.views[0], &initial = step.views[1 + kWkvInputs];
  const auto memory = [&](const View& view, int64_t batch) {
    return reinterpret_cast<float*>(frame.base[view.loc]) + BatchOffset(view, batch, 3);
  };
  for (int64_t unit = begin; unit < end; unit++) {
    const int64_t batch = unit / heads, head = unit % heads;
    float* const result = memory(out, 0) + batch * (rows + size) * width;
    float* const y = result + head * size;
    float* const state = result + rows * width + head * size * size;
    const float* const s = memory(initial, batch) + head * StrideOf(initial, 2);
    for (int64_t j = 0; j < size; j++) {
      CopyElements(state + j * size, s + j * StrideOf(initial, 1), StrideOf(initial, 0), size);
    }
    for (int64_t t = 0; t < rows; t += kWkvRows) {
      const int64_t count = MinOf(kWkvRows, rows - t);
      float* home = reinterpret_cast<float*>(frame.scratch);
      const auto rows_of = [&](int input) -> HeadRows {
        const View& view = step.views[1 + input];
        const int64_t stride = StrideOf(view, 2);
        const float* const first = memory(view, batch) + head * StrideOf(view, 1) + t * stride;
        if (StrideOf(view, 0) == 1) return {first, stride};
        float* const gathered = home;
        home += kWkvRows * size;
        for (int64_t i = 0; i < count; i++) {
          CopyElements(gathered + i * size, first + i * stride, StrideOf(view, 0), size);
        }
        return {gathered, size};
      };
      const WkvRows x{rows_of(0), rows_of(1), rows_of(2), rows_of(3), rows_of(4), rows_of(5), count, size};
      WkvHead(x, state, y + t * width, width);
    }
  }
}

inline Work Wkv7Work(const Step& step, int) {
  const double cells = static_cast<double>(step.ints[3] * step.ints[3]);
  const double cost = cells * (0.1 + static_cast<double>(step.ints[1]) * 1.0 / kLanes);
  return {step.ints[0] * step.ints[2], GrainOf(cost), cost};
}

// Is a view [batch..., a, b, c]?
inline bool IsBatchOf(const View& view, int64_t batch, int64_t a, int64_t b, int64_t c) {
  const int lead = view.nd - 3;
  return lead >= 0 && SizeProduct(view.size, lead) == batch && view.size[lead] == a &&
         view.size[lead + 1] == b && view.size[lead + 2] == c;
}

inline const char* Wkv7Check(const Step& step) {
  if (step.num_ints != 4 || step.num_views != 2 + kWkvInputs) {
    return "wkv7 takes ints [batch, rows, heads, size] and eight views";
  }
  const int64_t batch = step.ints[0], rows = step.ints[1], heads = step.ints[2], size = step.ints[3];
  const int64_t sizes[] = {batch, rows + size, heads, size};
  const int64_t n = SizeProduct(sizes, 4);
  if (n < 0 || rows < 0 || size < 1 || size > kMaxWkvSize) return "wkv7's sizes are out of range";
  for (int i = 0; i < step.num_views; i++) {
    if (step.views[i].dtype != DType::k_f32) return "wkv7 takes f32";
  }
  const View &out = step.views[0], &state = step.views[1 + kWkvInputs];
  if (out.access != Access::kLinear || out.count != n)
    return "wkv7's result is not [batch, rows + size, heads, size]";
  for (int i = 1; i <= kWkvInputs; i++) {
    if (!IsBatchOf(step.views[i], batch, rows, heads, size))
      return "an input of wkv7 is not [batch, rows, heads, size]";
  }
  return IsBatchOf(state, batch, heads, size, size) ? nullptr
                                                    : "wkv7's state is not [batch, heads, size, size]";
}

MIA_END
