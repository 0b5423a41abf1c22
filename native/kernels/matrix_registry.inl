// The table of an ISA that adds matrix instructions to another: what they multiply. All else it inherits
// (targets/inherited.h).
#pragma once

#include "kernels/linear.inl"

MIA_BEGIN

const KernelEntry kEntries[] = {
#define FORMAT(name, F) LINEAR_KERNELS(name, F)
#define X(name, phases, work, run, shared_bytes, check) {name, phases, work, run, shared_bytes, check},
#include "kernels/matrix_formats.def"
#undef X
#undef FORMAT
};

MIA_END

#define MIA_FORMATS "kernels/matrix_formats.def"
#include "kernels/table.inl"
