// softmax, logSoftmax, normalize, rmsNorm, l2Norm of one row: passes that gather statistics, then one that applies
// y = (x - a) b + c, or e^(x - a) b for softmax. Tiles are summed in T and added up in double. Variance is never
// E[x^2] - E[x]^2: a first pass finds about the mean, a second one its error and the squares around it.
#pragma once

#include "kernels/fold.inl"

MIA_BEGIN

// The sum of f(x[i]).
template <class T, class F>
MIA_INLINE double SumOver(const T* x, int n, F f) {
  int i = 0;
  if constexpr (kIsVec<T>) {
    Vec sums[2] = {Zero(), Zero()};
    for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
      sums[0] = Add(sums[0], f(Load(x + i)));
      sums[1] = Add(sums[1], f(Load(x + i + kLanes)));
    }
    for (; i < n; i += kLanes) {
      const int left = n - i;
      sums[0] = Add(sums[0], left < kLanes ? SelectFirst(left, f(LoadPartial(x + i, left)), Zero()) : f(Load(x + i)));
    }
    return static_cast<double>(SumOfLanes(Add(sums[0], sums[1])));
  } else {
    T sums[8] = {};
    for (; i + 8 <= n; i += 8) {
      for (int k = 0; k < 8; k++) sums[k] += f(x[i + k]);
    }
    for (; i < n; i++) sums[0] += f(x[i]);
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  }
}

// y[i] = f(x[i]); exactly n elements are written. x may be y.
template <class T, class F>
MIA_INLINE void Apply(const T* x, T* y, int n, F f) {
  int i = 0;
  if constexpr (kIsVec<T>) {
    MIA_UNROLL
    for (; i + kLanes <= n; i += kLanes) Store(y + i, f(Load(x + i)));
    if (i < n) StorePartial(y + i, f(LoadPartial(x + i, n - i)), n - i);
  } else {
    MIA_INDEPENDENT
    for (; i < n; i++) y[i] = f(x[i]);
  }
}

template <class T>
struct Spread {  // one number in the lanes of what T is computed in
  using Type = T;
  static MIA_INLINE T Of(double x) { return x; }
};
template <>
struct Spread<f32> {
  using Type = Vec;
  static MIA_INLINE Vec Of(double x) { return Set(static_cast<float>(x)); }
};

template <class T>
struct RowState {
  double statistic;       // of the pass that runs
  double error = 0;       // normalize: the sum of x - a
  double a = 0, b = 1, c = 0;
  int64_t cols;
  double eps;

  MIA_NOINLINE void AddSum(const T* x, int n) {
    statistic += SumOver(x, n, [](auto v) { return v; });
  }
  MIA_NOINLINE void AddSquares(const T* x, int n) {
    const auto center = Spread<T>::Of(a);
    statistic += SumOver(x, n, [=](auto v) {
      const auto d = Sub(v, center);
      return Mul(d, d);
    });
  }
  MIA_NOINLINE void AddError(const T* x, int n) {
    const auto center = Spread<T>::Of(a);
    error += SumOver(x, n, [=](auto v) { return Sub(v, center); });
  }
  MIA_NOINLINE void AddMax(const T* x, int n) {
    statistic = MaxNan(statistic, static_cast<double>(FoldAll<MaxFold>(x, n)));
  }
  MIA_NOINLINE void AddExp(const T* x, int n) {
    const auto center = Spread<T>::Of(a);
    statistic += SumOver(x, n, [=](auto v) { return Exp(Sub(v, center)); });
  }
  // The same, and leaves e^(x - a) in y.
  MIA_NOINLINE void KeepExp(const T* x, T* y, int n) {
    const auto center = Spread<T>::Of(a);
    Apply(x, y, n, [=](auto v) { return Exp(Sub(v, center)); });
    AddSum(y, n);
  }
  MIA_NOINLINE void ApplyAffine(const T* x, T* y, int n) const {
    const auto va = Spread<T>::Of(a), vb = Spread<T>::Of(b), vc = Spread<T>::Of(c);
    Apply(x, y, n, [=](auto v) { return Add(Mul(Sub(v, va), vb), vc); });
  }
  MIA_NOINLINE void ApplyExp(const T* x, T* y, int n) const {
    const auto va = Spread<T>::Of(a), vb = Spread<T>::Of(b);
    Apply(x, y, n, [=](auto v) { return Mul(Exp(Sub(v, va)), vb); });
  }
  MIA_NOINLINE void ApplyScale(const T* x, T* y, int n) const {
    const auto vb = Spread<T>::Of(b);
    Apply(x, y, n, [=](auto v) { return Mul(v, vb); });
  }
};

// Each: kPasses; Begin, Add and End of pass p; Finish writes y from x. kKeepsExp: the last pass replaces x by
// e^(x - a) when the whole row is at hand.
template <class T>
struct Softmax : RowState<T> {
  static constexpr int kPasses = 2;
  static constexpr bool kKeepsExp = true;
  void Begin(int p) { this->statistic = p == 0 ? -INFINITY : 0; }
  void Add(int p, const T* x, int n) { p == 0 ? this->AddMax(x, n) : this->AddExp(x, n); }
  void End(int p) { (p == 0 ? this->a : this->b) = p == 0 ? this->statistic : 1 / this->statistic; }
  void Finish(const T* x, T* y, int n, bool kept) const { kept ? this->ApplyScale(x, y, n) : this->ApplyExp(x, y, n); }
};

template <class T>
struct LogSoftmax : RowState<T> {
  static constexpr int kPasses = 2;
  static constexpr bool kKeepsExp = false;
  void Begin(int p) { this->statistic = p == 0 ? -INFINITY : 0; }
  void Add(int p, const T* x, int n) { p == 0 ? this->AddMax(x, n) : this->AddExp(x, n); }
  void End(int p) { (p == 0 ? this->a : this->c) = p == 0 ? this->statistic : -log(this->statistic); }
  void Finish(const T* x, T* y, int n, bool) const { this->ApplyAffine(x, y, n); }
};

template <class T>
struct Normalize : RowState<T> {
  static constexpr int kPasses = 2;
  static constexpr bool kKeepsExp = false;
  void Begin(int) { this->statistic = 0; }
  void Add(int p, const T* x, int n) {
    if (p == 0) return this->AddSum(x, n);
    this->AddError(x, n);
    this->AddSquares(x, n);
  }
  void End(int p) {
    const double average = this->statistic / static_cast<double>(this->cols);
    if (p == 0) {
      this->a = static_cast<T>(average);
      return;
    }
    const double off = this->error / static_cast<double>(this->cols);  // the mean is a + off
    this->b = 1 / sqrt(MaxNan(average - off * off, 0.0) + this->eps);
    this->c = -off * this->b;
  }
  void Finish(const T* x, T* y, int n, bool) const { this->ApplyAffine(x, y, n); }
};

template <class T>
struct RmsNorm : RowState<T> {
  static constexpr int kPasses = 1;
  static constexpr bool kKeepsExp = false;
  void Begin(int) { this->statistic = 0; }
  void Add(int, const T* x, int n) { this->AddSquares(x, n); }
  void End(int) { this->b = 1 / sqrt(this->statistic / static_cast<double>(this->cols) + this->eps); }
  void Finish(const T* x, T* y, int n, bool) const { this->ApplyScale(x, y, n); }
};

template <class T>
struct L2Norm : RowState<T> {
  static constexpr int kPasses = 1;
  static constexpr bool kKeepsExp = false;
  void Begin(int) { this->statistic = 0; }
  void Add(int, const T* x, int n) { this->AddSquares(x, n); }
  void End(int) { this->b = 1 / sqrt(MaxNan(this->statistic, this->eps)); }
  void Finish(const T* x, T* y, int n, bool) const { this->ApplyScale(x, y, n); }
};

MIA_END
