// The ISAs that multiply packed weights: this machine's, and one of tests whose matrix tiles are plain C++.
#pragma once

#include "kernel_fixture.h"

namespace mia::plain_tiles {
extern const KernelTable kTable;
}

namespace kernel {

inline std::vector<const KernelTable*> PackedIsas() {
  std::vector<const KernelTable*> isas = Isas();
  isas.insert(isas.begin(), &mia::plain_tiles::kTable);
  return isas;
}

}  // namespace kernel
