// Folding a tile into one value (rows) or into one value a column, for sum, prod, max, min and the arguments of the
// last two. f32 sums and products go through lanes of f32 inside a tile and through double between tiles, so that the
// error does not grow with the length.
#pragma once

#include "kernels/scalars.inl"
#include "kernels/work.inl"

MIA_BEGIN

template <class T>
struct Total {
  using Type = T;
};
template <>
struct Total<f32> {
  using Type = f64;
};
template <class T, class U>
constexpr bool kSameType = false;
template <class T>
constexpr bool kSameType<T, T> = true;

struct SumFold {
  template <class T>
  using State = typename Total<T>::Type;
  template <class T>
  static constexpr T kStart = 0;
  template <class V>
  static MIA_INLINE V Join(V a, V b) {
    return Add(a, b);
  }
  static MIA_INLINE float Lanes(Vec a) { return SumOfLanes(a); }
};
struct ProdFold {
  template <class T>
  using State = typename Total<T>::Type;
  template <class T>
  static constexpr T kStart = 1;
  template <class V>
  static MIA_INLINE V Join(V a, V b) {
    return Mul(a, b);
  }
  static MIA_INLINE float Lanes(Vec a) { return ProdOfLanes(a); }
};
struct MaxFold {
  template <class T>
  using State = T;
  template <class T>
  static constexpr T kStart = Limits<T>::kLowest;
  template <class V>
  static MIA_INLINE V Join(V a, V b) {
    return MaxNan(a, b);
  }
  static MIA_INLINE float Lanes(Vec a) { return Any(IsNan(a)) ? NAN : MaxOfLanes(a); }
  template <class T>
  static MIA_INLINE bool Better(T x, T best) {
    return x > best || (x != x && best == best);
  }
};
struct MinFold {
  template <class T>
  using State = T;
  template <class T>
  static constexpr T kStart = Limits<T>::kHighest;
  template <class V>
  static MIA_INLINE V Join(V a, V b) {
    return MinNan(a, b);
  }
  static MIA_INLINE float Lanes(Vec a) { return Any(IsNan(a)) ? NAN : MinOfLanes(a); }
  template <class T>
  static MIA_INLINE bool Better(T x, T best) {
    return x < best || (x != x && best == best);
  }
};

// All of x[0, n) in one value; several accumulators, since each step of one waits for the step before.
template <class Fold, class T>
MIA_NOINLINE T FoldAll(const T* x, int n) {
  int i = 0;
  T all = Fold::template kStart<T>;
  if constexpr (kIsVec<T>) {
    const Vec start = Set(all);
    Vec lanes = start;
    if (n >= 4 * kLanes) {
      Vec more[3] = {start, start, start};
      for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
        lanes = Fold::Join(lanes, Load(x + i));
        for (int k = 0; k < 3; k++) more[k] = Fold::Join(more[k], Load(x + i + (k + 1) * kLanes));
      }
      lanes = Fold::Join(Fold::Join(lanes, more[0]), Fold::Join(more[1], more[2]));
    }
    for (; i + kLanes <= n; i += kLanes) lanes = Fold::Join(lanes, Load(x + i));
    if (i < n) lanes = Fold::Join(lanes, SelectFirst(n - i, LoadPartial(x + i, n - i), start));
    return Fold::Lanes(lanes);
  }
  if (n >= kStep) {
    T lanes[kStep];
    for (T& lane : lanes) lane = Fold::template kStart<T>;
    for (; i + kStep <= n; i += kStep) {
      for (int k = 0; k < kStep; k++) lanes[k] = Fold::Join(lanes[k], x[i + k]);
    }
    for (const T lane : lanes) all = Fold::Join(all, lane);
  }
  for (; i < n; i++) all = Fold::Join(all, x[i]);
  return all;
}

// --- reduce.sum, prod, max, min -------------------------------------------------------------------------------------

template <class Fold, class T>
struct ValueReduction {
  using Out = T;
  using State = typename Fold::template State<T>;

  static MIA_INLINE State Start(int64_t) { return Fold::template kStart<State>; }
  // x: elements `first`... of the reduced range.
  static MIA_INLINE void Add(State* state, const T* x, int n, int64_t) {
    *state = Fold::Join(*state, static_cast<State>(FoldAll<Fold>(x, n)));
  }
  static MIA_INLINE State Join(State a, State b) { return Fold::Join(a, b); }
  static MIA_INLINE Out Finish(State state) { return static_cast<Out>(state); }

  // One state a column; rows are added to T's, and these to the states before rounding errors pile up.
  struct Columns {
    static constexpr size_t kBytes = sizeof(T) + sizeof(State);  // a column
    static constexpr int kRows = 64;
    T* near;
    State* far;
    int width, rows;

    MIA_NOINLINE void Start(char* memory, int columns) {
      far = reinterpret_cast<State*>(memory);
      near = reinterpret_cast<T*>(far + columns);
      width = columns;
      rows = 0;
      for (int i = 0; i < width; i++) far[i] = Fold::template kStart<State>;
      for (int i = 0; i < width; i++) near[i] = Fold::template kStart<T>;
    }
    // Columns [at, at + n) of one row; n is whole steps.
    MIA_INLINE void Add(const T* x, int at, int n) { BinaryLoop<T, Op>(near + at, near + at, x, nullptr, n); }
    void NextRow() {
      if (++rows == kRows) Flush();
    }
    MIA_NOINLINE void Flush() {
      rows = 0;
      if constexpr (!kSameType<T, State>) {
        for (int i = 0; i < width; i++) far[i] = Fold::Join(far[i], static_cast<State>(near[i]));
        for (int i = 0; i < width; i++) near[i] = Fold::template kStart<T>;
      }
    }
    MIA_INLINE State Get(int i, int64_t, int64_t) const {
      if constexpr (kSameType<T, State>) return near[i];
      return far[i];
    }
    struct Op {
      template <class V>
      static MIA_INLINE V Call(V a, V b) {
        return Fold::Join(a, b);
      }
    };
  };
};

// --- reduce.argmax, argmin: the first place of the extreme; NaN is the extreme of all --------------------------------

template <class Fold, class T>
struct PlaceReduction {
  using Out = i32;
  struct State {
    T value;
    i32 place;
  };

  static MIA_INLINE State Start(int64_t first) { return {Fold::template kStart<T>, static_cast<i32>(first)}; }
  static MIA_INLINE void Add(State* state, const T* x, int n, int64_t first) {
    const T value = FoldAll<Fold>(x, n);
    if (!Fold::Better(value, state->value)) return;
    int i = 0;
    while (x[i] != value && (value == value || x[i] == x[i])) i++;
    *state = {value, static_cast<i32>(first + i)};
  }
  static MIA_INLINE State Join(State a, State b) {
    if (Fold::Better(b.value, a.value)) return b;
    if (Fold::Better(a.value, b.value)) return a;
    return a.place <= b.place ? a : b;
  }
  static MIA_INLINE Out Finish(State state) { return state.place; }

  struct Columns {
    static constexpr size_t kBytes = sizeof(T) + sizeof(i32);
    T* value;
    i32* row;  // counted by NextRow
    i32 now;

    MIA_NOINLINE void Start(char* memory, int columns) {
      value = reinterpret_cast<T*>(memory);
      row = reinterpret_cast<i32*>(value + columns);
      now = 0;
      for (int i = 0; i < columns; i++) value[i] = Fold::template kStart<T>;
      for (int i = 0; i < columns; i++) row[i] = 0;
    }
    MIA_NOINLINE void Add(const T* x, int at, int n) {
      T* v = value + at;
      i32* r = row + at;
      const i32 current = now;
      MIA_INDEPENDENT
      for (int i = 0; i < n; i++) {
        const bool better = Fold::Better(x[i], v[i]);
        v[i] = better ? x[i] : v[i];
        r[i] = better ? current : r[i];
      }
    }
    void NextRow() { now++; }
    void Flush() {}
    // first + step * row is the place of a row that was added.
    MIA_INLINE State Get(int i, int64_t first, int64_t step) const {
      return {value[i], static_cast<i32>(first + step * row[i])};
    }
  };
};

MIA_END
