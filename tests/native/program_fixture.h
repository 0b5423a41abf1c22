// Words as the front end writes them, and a table of slow, simple kernels to run them.
#pragma once

#include <string.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "kernels/kernels.h"

namespace fixture {

using Words = std::vector<double>;

inline void Append(Words& to, const Words& more) { to.insert(to.end(), more.begin(), more.end()); }

inline int Scalar(const char* name) {
  for (int i = 0; i < mia::kNumScalars; i++) {
    if (strcmp(mia::kScalarNames[i], name) == 0) return i;
  }
  return -1;
}

struct ViewWords {
  double loc, dtype, offset;
  Words size, stride;
  Words Encode() const {
    Words words{loc, dtype, offset, static_cast<double>(size.size())};
    Append(words, size);
    Append(words, stride);
    return words;
  }
};

struct TileWords {
  double num_regs = 0, result = 0;
  std::vector<ViewWords> views;
  std::vector<Words> consts, code, stores;
  Words Encode() const {
    Words words{num_regs, result, static_cast<double>(views.size())};
    for (const auto& view : views) Append(words, view.Encode());
    for (const auto* list : {&consts, &code, &stores}) {
      words.push_back(static_cast<double>(list->size()));
      for (const auto& item : *list) Append(words, item);
    }
    return words;
  }
};

struct StepWords {
  double kernel;
  std::vector<ViewWords> views;
  Words ints, floats;
  TileWords prologue, epilogue;
  Words Encode() const {
    Words words{kernel, static_cast<double>(views.size())};
    for (const auto& view : views) Append(words, view.Encode());
    for (const auto* list : {&ints, &floats}) {
      words.push_back(static_cast<double>(list->size()));
      Append(words, *list);
    }
    Append(words, prologue.Encode());
    Append(words, epilogue.Encode());
    return words;
  }
};

struct ProgramWords {
  Words inputs;
  std::vector<Words> outputs;  // {bytes, donor}
  Words consts;
  std::vector<Words> temps;  // {offset, bytes}
  std::vector<StepWords> steps;
  Words Encode() const {
    Words words{0x4d494131};
    for (size_t count : {inputs.size(), outputs.size(), consts.size(), temps.size(), steps.size()}) {
      words.push_back(static_cast<double>(count));
    }
    Append(words, inputs);
    for (const auto& output : outputs) Append(words, output);
    Append(words, consts);
    for (const auto& temp : temps) Append(words, temp);
    for (const auto& step : steps) Append(words, step.Encode());
    return words;
  }
};

// --- Kernels: one element after the other, f32 arithmetic only, but every view's bytes are really touched ------------

inline int64_t OffsetOf(const mia::View& view, int64_t index) {
  int64_t offset = view.offset;
  for (int i = view.nd - 1; i >= 0; i--) {
    offset += index % view.size[i] * view.stride[i];
    index /= view.size[i];
  }
  return offset;
}
inline char* Element(const mia::View& view, const mia::Frame& frame, int64_t index) {
  return frame.base[view.loc] + OffsetOf(view, index) * mia::kDTypeBytes[static_cast<int>(view.dtype)];
}

inline void Interpret(const mia::TileProgram& tile, const mia::Frame& frame, int64_t index) {
  double regs[mia::kMaxRegs] = {};
  for (int i = 0; i < tile.num_consts; i++) regs[tile.consts[i].reg] = tile.consts[i].value;
  for (int i = 0; i < tile.num_code; i++) {
    const mia::Instr& code = tile.code[i];
    double& dst = regs[code.dst];
    if (code.op == 0) {
      const mia::View& view = tile.views[code.a];
      char bytes[8] = {};
      if (view.loc == mia::kIota) {
        dst = static_cast<double>(OffsetOf(view, index));
        continue;
      }
      memcpy(bytes, Element(view, frame, index), mia::kDTypeBytes[static_cast<int>(view.dtype)]);
      float value;
      memcpy(&value, bytes, sizeof value);
      dst = value;
    } else if (strcmp(mia::kScalarNames[code.op], "mul.f32") == 0) {
      dst = regs[code.a] * regs[code.b];
    } else {
      dst = regs[code.a] + regs[code.b];
    }
  }
  for (int i = 0; i < tile.num_stores; i++) {
    const mia::View& view = tile.views[tile.stores[i].view];
    char bytes[8] = {};
    const auto value = static_cast<float>(regs[tile.stores[i].reg]);
    memcpy(bytes, &value, sizeof value);
    memcpy(Element(view, frame, index), bytes, mia::kDTypeBytes[static_cast<int>(view.dtype)]);
  }
}

// map: ints [n]
inline mia::Work MapWork(const mia::Step& step, int) { return {step.ints[0], 16, 20}; }
inline void MapRun(const mia::Step& step, const mia::Frame& frame, int, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i++) Interpret(step.prologue, frame, i);
}
inline const char* MapCheck(const mia::Step& step) {
  if (step.num_ints != 1 || step.prologue.num_views == 0) return "expects [n] and a prologue";
  return step.prologue.views[0].count == step.ints[0] ? nullptr : "n is not the number of elements";
}

// fail: ints [n, bad]: complains of unit `bad`. Two phases.
inline mia::Work FailWork(const mia::Step& step, int) { return {step.ints[0], 1, 2e3}; }
inline void FailRun(const mia::Step& step, const mia::Frame& frame, int phase, int64_t begin, int64_t end) {
  const int64_t bad = step.ints[1];
  int32_t none = 0;
  if (phase != 1 || bad < begin || bad >= end) return;
  if (__atomic_compare_exchange_n(frame.status, &none, 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    *frame.detail = bad;
  }
}
inline const char* TwoInts(const mia::Step& step) {
  return step.num_ints == 2 && step.ints[0] >= 0 ? nullptr : "expects two integers";
}

// slow: ints [n, microseconds of each unit]
inline mia::Work SlowWork(const mia::Step& step, int) {
  return {step.ints[0], 1, 1e3 * static_cast<double>(step.ints[1])};
}
inline void SlowRun(const mia::Step& step, const mia::Frame&, int, int64_t begin, int64_t end) {
  std::this_thread::sleep_for(std::chrono::microseconds((end - begin) * step.ints[1]));
}

// reduce.sum.f32: ints [n]; two phases over shared scratch, one partial sum for each 8 elements.
inline int64_t Partials(const mia::Step& step) { return (step.ints[0] + 7) / 8; }
inline mia::Work SumWork(const mia::Step& step, int phase) {
  return phase == 0 ? mia::Work{Partials(step), 1, 1e4} : mia::Work{1, 1, 10};
}
inline size_t SumShared(const mia::Step& step) { return static_cast<size_t>(Partials(step)) * sizeof(float); }
inline void SumRun(const mia::Step& step, const mia::Frame& frame, int phase, int64_t begin, int64_t end) {
  auto* partials = reinterpret_cast<float*>(frame.shared);
  if (phase == 0) {
    for (int64_t p = begin; p < end; p++) {
      float sum = 0, x;
      for (int64_t i = p * 8; i < p * 8 + 8 && i < step.ints[0]; i++) {
        memcpy(&x, Element(step.prologue.views[0], frame, i), sizeof x);
        sum += x;
      }
      partials[p] = sum;
    }
    return;
  }
  float sum = 0;
  for (int64_t p = 0; p < Partials(step); p++) sum += partials[p];
  memcpy(Element(step.epilogue.views[0], frame, 0), &sum, sizeof sum);
}
inline const char* SumCheck(const mia::Step& step) {
  if (step.num_ints != 1 || step.prologue.num_views != 1 || step.epilogue.num_stores != 1) return "expects one of each";
  if (step.prologue.views[0].loc == mia::kIota || step.epilogue.views[0].count != 1) return "not what it reads";
  if (mia::kDTypeBytes[static_cast<int>(step.prologue.views[0].dtype)] != 4 ||
      mia::kDTypeBytes[static_cast<int>(step.epilogue.views[0].dtype)] != 4) return "f32 only";
  return step.prologue.views[0].count == step.ints[0] ? nullptr : "n is not the number of elements";
}

enum : int { kMap, kFail, kSlow, kSum };
inline const mia::KernelEntry kKernels[] = {
    {"map", 1, MapWork, MapRun, nullptr, MapCheck},
    {"fail", 2, FailWork, FailRun, nullptr, TwoInts},
    {"slow", 1, SlowWork, SlowRun, nullptr, TwoInts},
    {"reduce.sum.f32", 2, SumWork, SumRun, SumShared, SumCheck},
};
inline const mia::KernelTable kTable{"fake", 4, kKernels, [] { return true; }, nullptr, 0, nullptr};

// --- Programs that several tests use ---------------------------------------------------------------------------------

// out = x + y, all [n] f32.
inline StepWords AddStep(double n, double x, double y, double out) {
  StepWords step{kMap, {}, {n}, {}, {}, {}};
  for (double loc : {x, y, out}) step.prologue.views.push_back({loc, 0, 0, {n}, {1}});
  step.prologue.num_regs = 3;
  step.prologue.code = {{0, 0, 0, 0, 0}, {0, 1, 1, 0, 0}, {double(Scalar("add.f32")), 2, 0, 1, 0}};
  step.prologue.stores = {{2, 2}};
  return step;
}
// out [1] = sum of x [n]
inline StepWords SumStep(double n, double x, double out) {
  StepWords step{kSum, {}, {n}, {}, {}, {}};
  step.prologue.num_regs = 1;
  step.prologue.views = {{x, 0, 0, {n}, {1}}};
  step.prologue.code = {{0, 0, 0, 0, 0}};
  step.epilogue.num_regs = 1;
  step.epilogue.views = {{out, 0, 0, {}, {}}};
  step.epilogue.stores = {{0, 0}};
  return step;
}

}  // namespace fixture
