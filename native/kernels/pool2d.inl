// maxPool2d.<T>, avgPool2d.<T>: ints of a window (window.inl), for avgPool2d also [all: divide by all taps, padding
// included]; views [x]. The epilogue's register 0 is [N, C, OH, OW]. Padding never wins a maximum.
#pragma once

#include "kernels/window_fold.inl"

MIA_BEGIN

template <class T>
void MaxPoolRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  RunWindows<T>(step, frame, step.ints[1], [](int64_t) { return MaxTaps<T>{}; }, begin, end);
}

template <class T>
void AvgPoolRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const MeanTaps<T> fold{step.ints[kWindowInts] != 0 ? WindowOf(step.ints).taps() : 0};
  RunWindows<T>(step, frame, step.ints[1], [=](int64_t) { return fold; }, begin, end);
}

template <class T>
Work PoolWork(const Step& step, int) {
  return WindowWork<T>(step, step.ints[1]);
}

template <class T, int kInts>
const char* PoolCheck(const Step& step) {
  if (step.num_ints != kInts || step.num_views != 1) return "a pool takes the integers of a window and one view";
  if (const char* reason = WindowCheck(step, step.views[0])) return reason;
  const int64_t results[] = {step.ints[0], step.ints[1], step.ints[4], step.ints[5]};
  const int64_t n = SizeProduct(results, 4);
  if (n < 0) return "a pool's sizes are out of range";
  if (RegOf(step.views[0].dtype) != kReg<T>) return "a pool's image is of another type";
  if (step.epilogue.num_stores == 0) return "a pool stores nothing";
  return Covers(step.epilogue, n) ? nullptr : "a pool's epilogue does not have N * C * OH * OW elements";
}

MIA_END
