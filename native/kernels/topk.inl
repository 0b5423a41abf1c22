// topk.<T>: ints [rows, n, k, largest]; the prologue gives the values at index r * n + i; views [out (i32, linear,
// rows * k)]: the indices of the k first values, in order. Equal values keep the order of their indices; NaN comes
// first if largest, else last.
#pragma once

#include "kernels/fold.inl"
#include "kernels/tile.inl"

MIA_BEGIN

template <class T>
struct Ranked {
  T value;
  i32 index;
};

template <class T>
struct Largest {
  static MIA_INLINE bool Before(T a, T b) { return MaxFold::Better(a, b); }
  // May some of x come before `last`?
  static MIA_INLINE bool Promises(const T* x, int n, T last) { return Before(FoldAll<MaxFold>(x, n), last); }
};
template <class T>
struct Smallest {
  static MIA_INLINE bool Before(T a, T b) { return a < b || (a == a && b != b); }
  static MIA_INLINE bool Promises(const T* x, int n, T last) {
    const T least = FoldAll<MinFold>(x, n);  // NaN if any is: then the others are unknown
    return least != least || Before(least, last);
  }
};

// The best k of a row: a heap with the last of them on top, so that a newcomer is compared with it first.
template <class T, class Order>
struct Best {
  Ranked<T>* heap;
  int64_t size, k;

  static MIA_INLINE bool Before(const Ranked<T>& a, const Ranked<T>& b) {
    if (Order::Before(a.value, b.value)) return true;
    return !Order::Before(b.value, a.value) && a.index < b.index;
  }
  // Restores the heap of n whose element `at` may come before its children.
  MIA_NOINLINE void Sink(int64_t at, int64_t n) {
    const Ranked<T> moved = heap[at];
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
      if (child + 1 < n && Before(heap[child], heap[child + 1])) child++;
      if (!Before(moved, heap[child])) break;
      heap[at] = heap[child];
    }
    heap[at] = moved;
  }
  void Add(const T* x, int count, int64_t first) {
    int i = 0;
    for (; i < count && size < k; i++) {
      heap[size++] = {x[i], static_cast<i32>(first + i)};
      if (size == k) {
        for (int64_t at = k / 2; at-- > 0;) Sink(at, k);
      }
    }
    if (i == count || !Order::Promises(x + i, count - i, heap[0].value)) return;
    for (; i < count; i++) {  // indices grow, so an equal value comes after those inside
      if (!Order::Before(x[i], heap[0].value)) continue;
      heap[0] = {x[i], static_cast<i32>(first + i)};
      Sink(0, k);
    }
  }
  void Write(i32* out) {
    for (int64_t n = k; n-- > 1;) {
      const Ranked<T> last = heap[0];
      heap[0] = heap[n];
      heap[n] = last;
      Sink(0, n);
    }
    for (int64_t i = 0; i < k; i++) out[i] = heap[i].index;
  }
};

// A heap that does not fit the thread's scratch gets shared memory.
template <class T>
size_t TopkShared(const Step& step) {
  const size_t heap = static_cast<size_t>(step.ints[2]) * sizeof(Ranked<T>);
  return heap <= kKernelScratchBytes ? 0 : heap * static_cast<size_t>(step.ints[0]);
}

template <class T, class Order>
void TopkRows(const Step& step, const Frame& frame, int64_t begin, int64_t end) {
  const int64_t n = step.ints[1], k = step.ints[2];
  TileRunner prologue;
  prologue.Start(step.prologue, frame.base, PrologueScratch(frame), step.ints[0] * n, false);
  i32* const out = reinterpret_cast<i32*>(LinearMemory(step.views[0], frame.base, 0));
  for (int64_t r = begin; r < end; r++) {
    char* heap = TopkShared<T>(step) == 0 ? KernelScratch(frame) : frame.shared + r * k * sizeof(Ranked<T>);
    Best<T, Order> best{reinterpret_cast<Ranked<T>*>(heap), 0, k};
    for (int64_t i = 0; i < n; i += kTile) {
      const int count = static_cast<int>(MinOf(kTile, n - i));
      prologue.Run(r * n + i, count);
      best.Add(prologue.Result<T>(), count, i);
    }
    best.Write(out + r * k);
  }
}

// Units are rows.
template <class T>
void TopkRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  if (step.ints[3] != 0) return TopkRows<T, Largest<T>>(step, frame, begin, end);
  TopkRows<T, Smallest<T>>(step, frame, begin, end);
}

template <class T>
Work TopkWork(const Step& step, int) {
  const double n = static_cast<double>(step.ints[1]), k = static_cast<double>(step.ints[2]);
  const double cost = n * (ProgramCost(step.prologue) + 0.1 + 20 * k / n) + 20 * k;
  return {step.ints[2] == 0 ? 0 : step.ints[0], GrainOf(cost), cost};
}

inline const char* TopkCheck(const Step& step) {
  if (step.num_ints != 4 || step.num_views != 1) return "topk takes ints [rows, n, k, largest] and a view";
  const int64_t n = SizeProduct(step.ints, 2);
  if (n < 0 || step.ints[1] > INT32_MAX || step.ints[2] < 0 || step.ints[2] > step.ints[1]) {
    return "topk's sizes are out of range";
  }
  if (step.prologue.num_code == 0 && step.prologue.num_consts == 0) return "topk needs a prologue";
  if (!Covers(step.prologue, n)) return "topk's operands have not rows * n elements";
  const View& out = step.views[0];
  if (out.dtype != DType::k_i32 || out.access != Access::kLinear || out.count != step.ints[0] * step.ints[2]) {
    return "topk's output is not rows * k i32";
  }
  return nullptr;
}

MIA_END
