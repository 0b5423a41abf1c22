// The table of an ISA that adds matrix instructions to another: its kernels of packed weights. The others it inherits
// (targets/tables.cc).
#pragma once

#include "kernels/linear.inl"

MIA_BEGIN

const KernelEntry kEntries[] = {
#define FORMAT(name, F) LINEAR_KERNELS(name, F)
#define X(name, phases, work, run, shared_bytes, check) {name, phases, work, run, shared_bytes, check},
#include "kernels/formats.def"
#undef X
#undef FORMAT
};

MIA_END

#include "kernels/table.inl"
