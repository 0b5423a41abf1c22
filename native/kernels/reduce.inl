// reduce.<op>.<T>: ints [mode, outer, reduced].
//   mode 0, rows:    the prologue's index is o * reduced + r, each result folds neighbours
//   mode 1, columns: the prologue's index is r * outer + o
// The epilogue's index is o; its register 0 starts as the result (i32 for argmax and argmin).
// How the reduced range is cut depends on sizes only, so results do not depend on the number of threads.
#pragma once

#include "kernels/fold.inl"
#include "kernels/tile.inl"

MIA_BEGIN

constexpr int kBlockColumns = 2048;  // columns that one unit folds at once: its states stay in L1 or L2

// Units of phase 0: [chunks of the reduced range][blocks of columns] or [rows][chunks]. With one chunk phase 0 does
// everything; otherwise it leaves states [units of results][...] in shared memory and phase 1 joins them.
struct ReducePlan {
  bool columns;
  int64_t outer, reduced;
  int64_t chunks, length;  // of the reduced range
  int64_t blocks;          // of columns
};

MIA_NOINLINE ReducePlan PlanReduce(const Step& step) {
  ReducePlan plan{step.ints[0] == 1, step.ints[1], step.ints[2], 1, 0, 1};
  constexpr int64_t kChunkElements = 16384, kChunkRows = 128, kUnits = 64;
  int64_t most;
  if (plan.columns) {
    plan.blocks = BlocksOf(plan.outer, kBlockColumns);
    most = MinOf(plan.reduced / kChunkRows, plan.outer * plan.reduced / kChunkElements);
    plan.chunks = MinOf(most, BlocksOf(kUnits, MaxOf(plan.blocks, 1)));
    if (plan.blocks >= kUnits) plan.chunks = 1;
  } else if (plan.outer < kUnits) {
    plan.chunks = MinOf(plan.reduced / kChunkElements, BlocksOf(2 * kUnits, MaxOf(plan.outer, 1)));
  }
  plan.chunks = MaxOf(plan.chunks, 1);
  const int64_t whole = plan.columns ? kChunkRows / 2 : kTile;
  plan.length = BlocksOf(BlocksOf(plan.reduced, plan.chunks), whole) * whole;
  if (plan.chunks == 1) plan.length = plan.reduced;
  plan.chunks = MaxOf(plan.length > 0 ? BlocksOf(plan.reduced, plan.length) : 1, 1);
  return plan;
}

// Calls add(tile, count, r) for tiles of row `o`, elements [r0, r1) of it.
template <class T, class Add>
MIA_INLINE void ForRow(TileRunner* prologue, int64_t row_start, int64_t r0, int64_t r1, Add add) {
  for (int64_t r = r0; r < r1; r += kTile) {
    const int count = static_cast<int>(MinOf(kTile, r1 - r));
    prologue->Run(row_start + r, count);
    add(prologue->Result<T>(), count, r);
  }
}

// Rows [begin, end), each folded whole.
template <class R, class T>
MIA_NOINLINE void ReduceRows(const ReducePlan& plan, TileRunner* prologue, TileRunner* epilogue, int64_t begin,
    int64_t end) {
  using State = typename R::State;
  // Short rows share a tile.
  const int64_t together = plan.reduced > 0 && plan.reduced <= kTile / 2 ? kTile / plan.reduced : 1;
  for (int64_t o = begin; o < end; o += kTile) {
    const int count = static_cast<int>(MinOf(kTile, end - o));
    auto* out = epilogue->Input<typename R::Out>(o);
    if (together > 1) {
      const int width = static_cast<int>(plan.reduced);
      for (int i = 0; i < count; i += static_cast<int>(together)) {
        const int rows = static_cast<int>(MinOf(together, count - i));
        prologue->Run((o + i) * plan.reduced, rows * width);
        const T* x = prologue->Result<T>();
        for (int k = 0; k < rows; k++) {
          State state = R::Start(0);
          R::Add(&state, x + k * width, width, 0);
          out[i + k] = R::Finish(state);
        }
      }
    } else {
      for (int i = 0; i < count; i++) {
        State state = R::Start(0);
        ForRow<T>(prologue, (o + i) * plan.reduced, 0, plan.reduced,
                  [&](const T* x, int n, int64_t r) { R::Add(&state, x, n, r); });
        out[i] = R::Finish(state);
      }
    }
    epilogue->Run(o, count);
  }
}

// Rows [r0, r1) of columns [c0, c1), into one state a column.
template <class R, class T>
MIA_NOINLINE void ReduceColumns(const ReducePlan& plan, TileRunner* prologue, char* scratch, int64_t c0, int64_t c1,
                                int64_t r0, int64_t r1, typename R::State* states) {
  using State = typename R::State;
  static_assert(R::Columns::kBytes * (kBlockColumns + kTile) <= kKernelScratchBytes, "states overflow scratch");
  typename R::Columns columns;
  const int width = static_cast<int>(c1 - c0);
  // Few columns: a tile takes several rows, each with states of its own.
  const int together = plan.outer <= kTile / 2 ? static_cast<int>(kTile / plan.outer) : 1;
  if (together > 1) {
    columns.Start(scratch, RoundToStep(together * width));
    int64_t r = r0;
    for (; r + together <= r1; r += together) {
      prologue->Run(r * plan.outer, together * width);
      columns.Add(prologue->Result<T>(), 0, RoundToStep(together * width));
      columns.NextRow();
    }
    columns.Flush();
    const int rest = static_cast<int>(r1 - r) * width;
    const T* x = nullptr;
    if (rest > 0) {
      prologue->Run(r * plan.outer, rest);
      x = prologue->Result<T>();
    }
    const int lanes = static_cast<int>(MinOf(together, r1 - r0));
    for (int c = 0; c < width; c++) {
      State state = R::Start(r0);
      if (r > r0) {
        for (int k = 0; k < lanes; k++) state = R::Join(state, columns.Get(k * width + c, r0 + k, together));
      }
      for (int k = 0; k * width + c < rest; k++) R::Add(&state, x + k * width + c, 1, r + k);
      states[c] = state;
    }
    return;
  }
  columns.Start(scratch, RoundToStep(width));
  for (int64_t r = r0; r < r1; r++) {
    for (int c = 0; c < width; c += kTile) {
      const int count = static_cast<int>(MinOf(kTile, width - c));
      prologue->Run(r * plan.outer + c0 + c, count);
      columns.Add(prologue->Result<T>(), c, RoundToStep(count));
    }
    columns.NextRow();
  }
  columns.Flush();
  for (int c = 0; c < width; c++) states[c] = columns.Get(c, r0, 1);
}

template <class R, class T>
void ReduceRun(const Step& step, const Frame& frame, int phase, int64_t begin, int64_t end) {
  using State = typename R::State;
  using Out = typename R::Out;
  const ReducePlan plan = PlanReduce(step);
  TileRunner prologue, epilogue;
  if (phase == 0) {
    prologue.Start(step.prologue, frame.base, PrologueScratch(frame), plan.outer * plan.reduced, false);
  }
  if (phase == 1 || plan.chunks == 1) {
    epilogue.Start(step.epilogue, frame.base, EpilogueScratch(frame), plan.outer, true);
  }
  State* states = reinterpret_cast<State*>(frame.shared);  // [outer, chunks] for rows, [chunks, outer] for columns

  if (phase == 1) {  // units: results
    for (int64_t o = begin; o < end; o += kTile) {
      const int count = static_cast<int>(MinOf(kTile, end - o));
      Out* out = epilogue.Input<Out>(o);
      for (int i = 0; i < count; i++) {
        State state = R::Start(0);
        for (int64_t c = 0; c < plan.chunks; c++) {
          const State part = plan.columns ? states[c * plan.outer + o + i] : states[(o + i) * plan.chunks + c];
          state = c == 0 ? part : R::Join(state, part);
        }
        out[i] = R::Finish(state);
      }
      epilogue.Run(o, count);
    }
  } else if (!plan.columns && plan.chunks == 1) {
    ReduceRows<R, T>(plan, &prologue, &epilogue, begin, end);
  } else if (!plan.columns) {
    for (int64_t unit = begin; unit < end; unit++) {
      const int64_t o = unit / plan.chunks, r0 = unit % plan.chunks * plan.length;
      State state = R::Start(r0);
      ForRow<T>(&prologue, o * plan.reduced, r0, MinOf(plan.reduced, r0 + plan.length),
                [&](const T* x, int n, int64_t r) { R::Add(&state, x, n, r); });
      states[unit] = state;
    }
  } else {
    for (int64_t unit = begin; unit < end; unit++) {
      const int64_t chunk = unit / plan.blocks, c0 = unit % plan.blocks * kBlockColumns;
      const int64_t c1 = MinOf(plan.outer, c0 + kBlockColumns), r0 = chunk * plan.length;
      const int64_t r1 = MinOf(plan.reduced, r0 + plan.length);
      State results[kBlockColumns];
      ReduceColumns<R, T>(plan, &prologue, KernelScratch(frame), c0, c1, r0, r1,
                          plan.chunks > 1 ? states + chunk * plan.outer + c0 : results);
      if (plan.chunks > 1) continue;
      for (int64_t o = c0; o < c1; o += kTile) {
        const int count = static_cast<int>(MinOf(kTile, c1 - o));
        Out* out = epilogue.Input<Out>(o);
        for (int i = 0; i < count; i++) out[i] = R::Finish(results[o - c0 + i]);
        epilogue.Run(o, count);
      }
    }
  }
}

template <class R, class T>
Work ReduceWork(const Step& step, int phase) {
  const ReducePlan plan = PlanReduce(step);
  const double element = ProgramCost(step.prologue) + 0.005 * sizeof(T), result = ProgramCost(step.epilogue) + 2;
  if (phase == 1) {
    const double cost = result + 2.0 * static_cast<double>(plan.chunks);
    return plan.chunks == 1 ? Work{0, 1, 0} : Work{plan.outer, MaxOf(GrainOf(cost), kStep), cost};
  }
  const double length = static_cast<double>(plan.length);
  if (plan.columns) {
    const double cost = element * length * static_cast<double>(MinOf(plan.outer, kBlockColumns));
    return {plan.chunks * plan.blocks, GrainOf(cost), cost};
  }
  const double cost = element * length + (plan.chunks == 1 ? result : 5);
  return {plan.outer * plan.chunks, plan.chunks == 1 ? MaxOf(GrainOf(cost), 1) : 1, cost};
}

template <class R>
size_t ReduceShared(const Step& step) {
  const ReducePlan plan = PlanReduce(step);
  return plan.chunks == 1 ? 0 : static_cast<size_t>(plan.chunks * plan.outer) * sizeof(typename R::State);
}

inline const char* ReduceCheck(const Step& step) {
  if (step.num_ints != 3 || step.ints[0] < 0 || step.ints[0] > 1) return "reduce takes ints [mode, outer, reduced]";
  const int64_t n = SizeProduct(step.ints + 1, 2);
  if (n < 0 || step.ints[2] > INT32_MAX) return "reduce's sizes are out of range";
  if (step.prologue.num_code == 0 && step.prologue.num_consts == 0) return "reduce needs a prologue";
  if (!Covers(step.prologue, n)) return "reduce's operands have not outer * reduced elements";
  if (step.epilogue.num_stores == 0) return "reduce stores nothing";
  if (!Covers(step.epilogue, step.ints[1])) return "reduce's results have not outer elements";
  return nullptr;
}

MIA_END
