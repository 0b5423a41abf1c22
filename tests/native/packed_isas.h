// The ISAs that multiply packed weights: this machine's, and one of tests whose matrix tiles are plain C++.
#pragma once

#include "kernel_fixture.h"
#include "targets/inherited.h"

namespace mia::plain_tiles {
extern const KernelTable kTable;
}

namespace kernel {

inline const KernelTable& PlainTiles() {
  static const mia::Inherited isa(*Isas().back(), mia::plain_tiles::kTable);
  return isa.table;
}
inline std::vector<const KernelTable*> PackedIsas() {
  std::vector<const KernelTable*> isas = Isas();
  isas.insert(isas.begin(), &PlainTiles());
  return isas;
}

}  // namespace kernel
