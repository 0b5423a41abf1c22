// rows.<fn>.<T>: ints [rows, cols], floats [eps] (or none: 0). The prologue gives x and the epilogue takes
// register 0 = fn(x) at index r * cols + c. Rows that fit scratch are computed once and gone over there; longer ones
// are
// computed again in every pass.
#pragma once

#include "kernels/row_functions.inl"
#include "kernels/tile.inl"

MIA_BEGIN

constexpr size_t kRowBytes = size_t{512} << 10;  // of a row kept in scratch: half of a common L2
static_assert(kRowBytes + 64 * sizeof(double) <= kKernelScratchBytes, "rows overflow scratch");

// Calls each(position, count) for the tiles of n elements.
template <class Each>
MIA_INLINE void ForTiles(int64_t n, Each each) {
  for (int64_t i = 0; i < n; i += kTile) each(i, static_cast<int>(MinOf(kTile, n - i)));
}

// One row at hand: y may be x.
template <class Fn, class T>
MIA_INLINE void RunRow(Fn fn, const T* x, T* y, int64_t cols) {
  for (int p = 0; p < Fn::kPasses; p++) {
    fn.Begin(p);
    if (Fn::kKeepsExp && p == Fn::kPasses - 1) {
      ForTiles(cols, [&](int64_t i, int n) { fn.KeepExp(x + i, y + i, n); });
      x = y;
    } else {
      ForTiles(cols, [&](int64_t i, int n) { fn.Add(p, x + i, n); });
    }
    fn.End(p);
  }
  ForTiles(cols, [&](int64_t i, int n) { fn.Finish(x + i, y + i, n, true); });
}

// Rows [begin, end), as many at a time as fill a tile, at least one.
template <class Fn, class T>
MIA_NOINLINE void RunShortRows(const Fn& fn, TileRunner* prologue, TileRunner* epilogue, char* scratch, int64_t begin,
                               int64_t end) {
  const int64_t cols = fn.cols, together = MaxOf(kTile / cols, 1);
  T* const buffer = reinterpret_cast<T*>(scratch);
  const bool plain = IsPlainLoad(*prologue->program);
  for (int64_t r = begin; r < end; r += together) {
    const int64_t rows = MinOf(together, end - r), first = r * cols, n = rows * cols;
    const T* x = buffer;
    if (plain) {
      x = reinterpret_cast<const T*>(LinearMemory(prologue->program->views[prologue->program->code[0].a],
                                                  prologue->base, first));
      Prefetch(reinterpret_cast<const char*>(x + n), MinOf(n * sizeof(T), 8192));
    } else {
      prologue->Divert(buffer, first, sizeof(T));
      ForTiles(n, [&](int64_t i, int count) {
        prologue->Run(first + i, count);
        const T* tile = prologue->Result<T>();
        if (tile != buffer + i) memcpy(buffer + i, tile, count * sizeof(T));
      });
    }
    T* output = reinterpret_cast<T*>(epilogue->Output(first));
    T* y = output != nullptr ? output : buffer;
    for (int64_t k = 0; k < rows; k++) RunRow(fn, x + k * cols, y + k * cols, cols);
    if (output != nullptr) continue;
    ForTiles(n, [&](int64_t i, int count) {
      epilogue->SetInput(buffer + i);
      epilogue->Run(first + i, count);
    });
  }
}

template <class Fn, class T>
MIA_NOINLINE void RunLongRow(Fn fn, TileRunner* prologue, TileRunner* epilogue, int64_t first) {
  for (int p = 0; p < Fn::kPasses; p++) {
    fn.Begin(p);
    ForTiles(fn.cols, [&](int64_t i, int n) {
      prologue->Run(first + i, n);
      fn.Add(p, prologue->Result<T>(), n);
    });
    fn.End(p);
  }
  ForTiles(fn.cols, [&](int64_t i, int n) {
    prologue->Run(first + i, n);
    fn.Finish(prologue->Result<T>(), epilogue->Input<T>(first + i), n, false);
    epilogue->Run(first + i, n);
  });
}

MIA_INLINE void StartRows(const Step& step, const Frame& frame, TileRunner* prologue, TileRunner* epilogue) {
  const int64_t n = step.ints[0] * step.ints[1];
  prologue->Start(step.prologue, frame.base, PrologueScratch(frame), n, false);
  epilogue->Start(step.epilogue, frame.base, EpilogueScratch(frame), n, true);
}

// Units are rows.
template <class Fn, class T>
void RowsRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  TileRunner prologue, epilogue;
  StartRows(step, frame, &prologue, &epilogue);
  Fn fn;
  fn.cols = step.ints[1];
  fn.eps = step.num_floats > 0 ? step.floats[0] : 0;
  if (fn.cols * sizeof(T) <= kRowBytes) {
    RunShortRows<Fn, T>(fn, &prologue, &epilogue, KernelScratch(frame), begin, end);
  } else {
    for (int64_t r = begin; r < end; r++) RunLongRow<Fn, T>(fn, &prologue, &epilogue, r * fn.cols);
  }
  if (epilogue.streams != 0) StreamFence();
}

// cumsum: y[r, c] = x[r, 0] + ... + x[r, c]; f32 runs in double.
template <class T>
void CumsumRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  TileRunner prologue, epilogue;
  StartRows(step, frame, &prologue, &epilogue);
  using Sum = typename Total<T>::Type;
  const int64_t cols = step.ints[1];
  Sum sum = 0;
  int64_t left = cols;  // of the current row
  ForTiles((end - begin) * cols, [&](int64_t at, int count) {
    const int64_t first = begin * cols + at;
    prologue.Run(first, count);
    const T* x = prologue.Result<T>();
    T* y = epilogue.Input<T>(first);
    for (int i = 0; i < count;) {
      const int stop = static_cast<int>(MinOf(count, i + left));
      left -= stop - i;
      for (; i < stop; i++) {
        sum = Add(sum, static_cast<Sum>(x[i]));
        y[i] = static_cast<T>(sum);
      }
      if (left == 0) {
        sum = 0;
        left = cols;
      }
    }
    epilogue.Run(first, count);
  });
  if (epilogue.streams != 0) StreamFence();
}

// passes: how often each element is visited, exponentials counting more.
template <class T, int kVisits>
Work RowsWork(const Step& step, int) {
  const double visit = 0.3 * kVisits * sizeof(T) / sizeof(f32) / kLanes;
  const double element = ProgramCost(step.prologue) + ProgramCost(step.epilogue) + visit;
  const double cost = element * static_cast<double>(step.ints[1]) + 20;
  return {step.ints[1] == 0 ? 0 : step.ints[0], GrainOf(cost), cost};
}

inline const char* RowsCheck(const Step& step) {
  if (step.num_ints != 2 || step.num_floats > 1) return "rows takes ints [rows, cols] and floats [eps]";
  const int64_t n = SizeProduct(step.ints, 2);
  if (n < 0) return "rows' sizes are out of range";
  if (step.prologue.num_code == 0 && step.prologue.num_consts == 0) return "rows needs a prologue";
  if (step.prologue.num_stores != 0) return "rows' prologue may not store";
  if (step.epilogue.num_stores == 0) return "rows stores nothing";
  if (!Covers(step.prologue, n) || !Covers(step.epilogue, n)) return "rows' views have not rows * cols elements";
  return nullptr;
}

MIA_END
