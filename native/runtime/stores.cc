// When may an instruction write its result straight to memory instead of a register that is copied later? Kernels copy
// loads that are stored beside other stores, so the order of stores does not matter; the order of instructions does.
#include <algorithm>

#include "runtime/decode.h"
#include "runtime/types.h"

namespace mia {
namespace {

constexpr int kOwn = -2;  // the register's own scratch, shared with nobody

// The memory that a register is a pointer into after `op` wrote it, or kOwn.
int Pointee(const TileProgram& tile, const Instr& instr) {
  if (instr.op != kLoad) return kOwn;
  const View& view = tile.views[instr.a];
  return view.loc != kIota && view.access == Access::kLinear && IsRegister(view.dtype) ? view.loc : kOwn;
}

// Whether anything that runs after instruction `writer` still reads memory that may be the same as `loc`. Instruction
// `writer` itself may: it reads and writes the same elements, in order.
bool ReadLater(const Program& program, const TileProgram& tile, int writer, int loc) {
  int pointee[kMaxRegs];
  std::fill(pointee, pointee + kMaxRegs, kOwn);
  const auto shares = [&](int other) { return other >= 0 && program.MayShare(other, loc); };
  for (int i = 0; i < tile.num_code; i++) {
    const Instr& instr = tile.code[i];
    if (instr.op == kLoad) {
      if (i > writer && shares(tile.views[instr.a].loc)) return true;
    } else if (i > writer) {
      const uint8_t operands[] = {instr.a, instr.b, instr.c};
      for (int k = 0; k < TypesOfScalar(instr.op).arity; k++) {
        if (shares(pointee[operands[k]])) return true;
      }
    }
    pointee[instr.dst] = Pointee(tile, instr);
  }
  if (shares(pointee[tile.result])) return true;
  return std::any_of(tile.stores, tile.stores + tile.num_stores,
                     [&](const Store& store) { return shares(pointee[store.reg]); });
}

// The last instruction that writes the register, or -1.
int LastWriter(const TileProgram& tile, uint8_t reg) {
  for (int i = tile.num_code - 1; i >= 0; i--) {
    if (tile.code[i].dst == reg) return i;
  }
  return -1;
}

bool MayBeDirect(const Program& program, const TileProgram& tile, const Store& store) {
  const View& view = tile.views[store.view];
  if (view.access != Access::kLinear || !IsRegister(view.dtype)) return false;
  const int writer = LastWriter(tile, store.reg);
  // A load may have filled its register once for all tiles, or not at all.
  if (writer < 0 || tile.code[writer].op == kLoad) return false;
  return !ReadLater(program, tile, writer, view.loc);
}

}  // namespace

void MarkDirectStores(const Program& program, const TileProgram& tile, Store* stores) {
  bool taken[kMaxRegs] = {};
  for (int i = 0; i < tile.num_stores; i++) {
    if (taken[stores[i].reg] || !MayBeDirect(program, tile, stores[i])) continue;
    stores[i].direct = taken[stores[i].reg] = true;
  }
}

}  // namespace mia
