// Steps built by hand, run on every ISA of this machine straight through KernelEntry.
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "test.h"

namespace kernel {

using mia::DType;
using mia::KernelTable;
using mia::Reg;

// Memory with known bytes around it, which a kernel may neither depend on nor change.
class Memory {
 public:
  explicit Memory(size_t bytes) : bytes_(bytes), block_(static_cast<char*>(aligned_alloc(64, Size())), free) {
    memset(block_.get(), kGuard, Size());
  }
  char* data() const { return block_.get() + 64; }
  bool Intact() const {
    for (int i = 0; i < 64; i++) {
      if (block_.get()[i] != kGuard) return false;
    }
    for (size_t i = 64 + bytes_; i < Size(); i++) {
      if (block_.get()[i] != kGuard) return false;
    }
    return true;
  }

 private:
  static constexpr char kGuard = 0x7b;
  size_t Size() const { return 64 + (bytes_ + 127) / 64 * 64; }
  size_t bytes_;
  std::unique_ptr<char, void (*)(void*)> block_;
};

inline int ScalarOp(const std::string& name) {
  for (int i = 0; i < mia::kNumScalars; i++) {
    if (name == mia::kScalarNames[i]) return i;
  }
  test::Fail(__FILE__, __LINE__, "no scalar " + name);
  return 0;
}
inline int KernelId(const KernelTable& table, const std::string& name) {
  for (int i = 0; i < table.num_kernels; i++) {
    if (name == table.kernels[i].name) return i;
  }
  return -1;
}
inline std::vector<const KernelTable*> Isas() {
  std::vector<const KernelTable*> isas;
  for (int i = 0; i < mia::kNumTables; i++) {
    if (mia::kTables[i]->supported()) isas.push_back(mia::kTables[i]);
  }
  return isas;
}

// As the runtime classifies them.
inline mia::View MakeView(int loc, DType dtype, std::vector<int64_t> size, std::vector<int64_t> stride,
    int64_t offset = 0) {
  mia::View view{};
  view.loc = loc;
  view.dtype = dtype;
  view.nd = static_cast<uint8_t>(size.size());
  view.offset = offset;
  view.count = 1;
  bool linear = true, splat = true;
  int64_t expected = 1;
  for (int d = view.nd - 1; d >= 0; d--) {
    view.size[d] = size[static_cast<size_t>(d)];
    view.stride[d] = stride[static_cast<size_t>(d)];
    view.count *= view.size[d];
    if (view.size[d] == 1) continue;
    linear = linear && view.stride[d] == expected;
    splat = splat && view.stride[d] == 0;
    expected *= view.size[d];
  }
  view.access = linear ? mia::Access::kLinear : splat ? mia::Access::kSplat : mia::Access::kStrided;
  return view;
}
inline mia::View Linear(int loc, DType dtype, int64_t n, int64_t offset = 0) {
  return MakeView(loc, dtype, {n}, {1}, offset);
}

class Tile {
 public:
  int Load(const mia::View& view) {
    views_.push_back(view);
    return Emit(0, static_cast<int>(views_.size()) - 1);
  }
  int Op(const std::string& name, int a, int b = 0, int c = 0) { return Emit(ScalarOp(name), a, b, c); }
  // Like Op, into a register that exists.
  int OpInto(int dst, const std::string& name, int a, int b = 0, int c = 0) {
    code_.push_back({static_cast<uint16_t>(ScalarOp(name)), U8(dst), U8(a), U8(b), U8(c)});
    return dst;
  }
  int Const(Reg type, double value) {
    consts_.push_back({U8(regs_), static_cast<uint8_t>(type), value});
    return regs_++;
  }
  void Store(int reg, const mia::View& view, bool direct = false) {
    views_.push_back(view);
    stores_.push_back({U8(reg), direct, static_cast<uint16_t>(views_.size() - 1)});
  }
  // The next register to be used; epilogues start with 1.
  void Reserve(int regs) { regs_ = regs; }
  mia::TileProgram Program(int result = 0) const {
    return {static_cast<int32_t>(views_.size()), static_cast<int32_t>(consts_.size()),
        static_cast<int32_t>(code_.size()),
            static_cast<int32_t>(stores_.size()), views_.data(), consts_.data(), code_.data(), stores_.data(),
                U8(regs_),
            U8(result)};
  }

 private:
  static uint8_t U8(int x) { return static_cast<uint8_t>(x); }
  int Emit(int op, int a, int b = 0, int c = 0) {
    code_.push_back({static_cast<uint16_t>(op), U8(regs_), U8(a), U8(b), U8(c)});
    return regs_++;
  }
  int regs_ = 0;
  std::vector<mia::View> views_;
  std::vector<mia::Const> consts_;
  std::vector<mia::Instr> code_;
  std::vector<mia::Store> stores_;
};

// A prologue that is one load, and an epilogue that is one store.
inline Tile LoadOf(const mia::View& view) {
  Tile tile;
  tile.Load(view);
  return tile;
}
inline Tile StoreOf(const mia::View& view) {
  Tile tile;
  tile.Reserve(1);
  tile.Store(0, view);
  return tile;
}

struct Call {
  std::string kernel;
  std::vector<int64_t> ints;
  std::vector<double> floats;
  std::vector<mia::View> views;
  Tile prologue, epilogue;
  int result = 0;       // register of the prologue
  int64_t piece = 0;    // units run together; 0: all. Pieces run last to first.
  int64_t detail = 0;   // of a failure

  // Runs on memories; false if the kernel's check refuses.
  bool Run(const KernelTable& table, const std::vector<char*>& memories, mia::Status* status = nullptr) {
    const int id = KernelId(table, kernel);
    if (id < 0) {
      test::Fail(__FILE__, __LINE__, "no kernel " + kernel);
      return false;
    }
    const mia::KernelEntry& entry = table.kernels[id];
    mia::Step step{&entry, static_cast<int32_t>(views.size()), static_cast<int32_t>(ints.size()),
                   static_cast<int32_t>(floats.size()), views.data(), ints.data(), floats.data(),
                   prologue.Program(result), epilogue.Program(), 0, 0};
    if (entry.check != nullptr && entry.check(step) != nullptr) return false;
    const Memory shared(entry.shared_bytes == nullptr ? 0 : entry.shared_bytes(step)), scratch(mia::kScratchBytes);
    int32_t code = 0;
    const mia::Frame frame{memories.data(), shared.data(), scratch.data(), &code, &detail};
    for (int phase = 0; phase < entry.phases; phase++) {
      const int64_t units = entry.work(step, phase).units;
      const int64_t by = piece > 0 ? piece : units;
      for (int64_t end = units; end > 0; end -= by) entry.run(step, frame, phase, end > by ? end - by : 0, end);
    }
    CHECK(shared.Intact());
    CHECK(scratch.Intact());
    if (status != nullptr) {
      *status = static_cast<mia::Status>(code);
    } else {
      CHECK_EQ(code, 0);
    }
    return true;
  }
};

// n values of T in [-limit, limit], the same for each seed.
template <class T>
std::vector<T> Random(size_t n, unsigned seed, double limit = 3) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> uniform(static_cast<T>(-1) < T{} ? -limit : 0, limit);
  std::vector<T> values(n);
  for (T& value : values) value = static_cast<T>(uniform(engine));
  return values;
}

}  // namespace kernel
