// Which register types operations and kernels take, read off their names: scalars are `op.type`, kernels `name.type`
// with one of the six register types. Checking them matters: a register may be a pointer into somebody's memory, and
// reading f32 memory as f64 reads past its end.
#pragma once

#include "kernels/kernels.h"

namespace mia {

constexpr int kLoad = 0;  // the first entry of scalars.def

struct ScalarTypes {
  bool known = false;
  uint8_t arity = 0;
  Reg out{}, in[3] = {};
};
// 0 <= op < kNumScalars; op != kLoad.
const ScalarTypes& TypesOfScalar(int op);

struct KernelTypes {
  bool typed = false;  // false: no register goes in or out (map, gather, ...)
  Reg in{}, out{};     // the prologue's result; register 0 of the epilogue
  int blocks = -1;     // which of the step's views may be of a block dtype; -1: none
  int written = -1;    // which of the step's views the kernel writes; -1: it writes through stores only
};
KernelTypes TypesOfKernel(const char* name);

Reg RegOf(DType dtype);
const char* NameOf(Reg reg);
// Storage and register have the same representation, so that a register may be the memory itself.
bool IsRegister(DType dtype);
bool IsBlock(DType dtype);

}  // namespace mia
