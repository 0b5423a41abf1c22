// The table of the kernels listed in kEntries and of the formats in MIA_FORMATS: the only symbol that a
// target file exports.
#pragma once

#include "kernels/linear_pack.inl"
#include "kernels/probe.inl"

MIA_BEGIN

const PackedFormat kFormats[] = {
#define FORMAT(name, F) {name, ImageBytes<F>},
#include MIA_FORMATS
#undef FORMAT
};

MIA_END

#define MIA_QUOTE_(x) #x
#define MIA_QUOTE(x) MIA_QUOTE_(x)

namespace mia {
namespace MIA_TARGET {

bool Supported();  // targets/tables.cc: detection may not be compiled with the ISA's own flags
extern const KernelTable kTable;
const KernelTable kTable = {MIA_QUOTE(MIA_TARGET),
                            sizeof(kEntries) / sizeof(kEntries[0]),
                            kEntries,
                            Supported,
                            &kProbes,
                            sizeof(kFormats) / sizeof(kFormats[0]),
                            kFormats};

}  // namespace MIA_TARGET
}  // namespace mia
