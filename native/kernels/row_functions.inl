// softmax, logSoftmax, normalize, rmsNorm, l2Norm of one row: passes that gather statistics, then one that
// applies y = (x - a) b + c, or e^(x - a) b for softmax. Tiles are summed in T and added up in double.
// Variance is never E[x^2] - E[x]^2: a first pass finds about the mean, a second one its error and the
// squares around it.
#pragma once

#include "kernels/fold.inl"

MIA_BEGIN

// totals[t] += the sum of terms[t] over i, where f(x[i], terms) gives the terms. Several sums at a time hide
// the latency of adding.
template <int kTotals, class T, class F>
MIA_INLINE void SumsOver(const T* x, int n, double* totals, F f) {
  constexpr int kSums = 4;
  int i = 0;
  if constexpr (kIsVec<T>) {
    Vec sums[kSums][kTotals], terms[kTotals];
    MIA_UNROLL_ALL for (int s = 0; s < kSums; s++) {
      MIA_UNROLL_ALL for (int t = 0; t < kTotals; t++) sums[s][t] = Zero();
    }
    for (; i + kSums * kLanes <= n; i += kSums * kLanes) {
      MIA_UNROLL_ALL for (int s = 0; s < kSums; s++) {
        f(Load(x + i + s * kLanes), terms);
        MIA_UNROLL_ALL for (int t = 0; t < kTotals; t++) sums[s][t] = Add(sums[s][t], terms[t]);
      }
    }
    for (; i < n; i += kLanes) {
      const int left = n - i;
      f(left < kLanes ? LoadPartial(x + i, left) : Load(x + i), terms);
      MIA_UNROLL_ALL for (int t = 0; t < kTotals; t++) {
        sums[0][t] = Add(sums[0][t], left < kLanes ? SelectFirst(left, terms[t], Zero()) : terms[t]);
      }
    }
    MIA_UNROLL_ALL for (int t = 0; t < kTotals; t++) {
      totals[t] +=
          static_cast<double>(SumOfLanes(Add(Add(sums[0][t], sums[1][t]), Add(sums[2][t], sums[3][t]))));
    }
  } else {
    constexpr int kEach = 2 * kSums;
    T sums[kEach][kTotals] = {}, terms[kTotals];
    for (; i + kEach <= n; i += kEach) {
      for (int s = 0; s < kEach; s++) {
        f(x[i + s], terms);
        for (int t = 0; t < kTotals; t++) sums[s][t] += terms[t];
      }
    }
    for (; i < n; i++) {
      f(x[i], terms);
      for (int t = 0; t < kTotals; t++) sums[0][t] += terms[t];
    }
    for (int t = 0; t < kTotals; t++) {
      for (int s = kSums; s > 0; s /= 2) {
        for (int k = 0; k < s; k++) sums[k][t] += sums[k + s][t];
      }
      totals[t] += sums[0][t];
    }
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
  double statistic;  // of the pass that runs
  double error = 0;  // normalize: the sum of x - a
  double a = 0, b = 1, c = 0;
  int64_t cols;
  double eps;

  MIA_NOINLINE void AddSum(const T* x, int n) {
    SumsOver<1>(x, n, &statistic, [](auto v, auto* terms) { terms[0] = v; });
  }
  MIA_NOINLINE void AddSquares(const T* x, int n) {
    SumsOver<1>(x, n, &statistic, [](auto v, auto* terms) { terms[0] = Mul(v, v); });
  }
  // Of the distances to a.
  MIA_NOINLINE void AddMoments(const T* x, int n) {
    const auto center = Spread<T>::Of(a);
    double moments[2] = {error, statistic};
    SumsOver<2>(x, n, moments, [=](auto v, auto* terms) {
      terms[0] = Sub(v, center);
      terms[1] = Mul(terms[0], terms[0]);
    });
    error = moments[0];
    statistic = moments[1];
  }
  MIA_NOINLINE void AddMax(const T* x, int n) {
    statistic = MaxNan(statistic, static_cast<double>(FoldAll<MaxFold>(x, n)));
  }
  MIA_NOINLINE void AddExp(const T* x, int n) {
    const auto center = Spread<T>::Of(a);
    SumsOver<1>(x, n, &statistic, [=](auto v, auto* terms) { terms[0] = Exp(Sub(v, center)); });
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
  void Finish(const T* x, T* y, int n, bool kept) const {
    kept ? this->ApplyScale(x, y, n) : this->ApplyExp(x, y, n);
  }
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
  void Begin(int) { this->statistic = this->error = 0; }
  void Add(int p, const T* x, int n) {
    if (p == 0) return this->AddSum(x, n);
    this->AddMoments(x, n);
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
