// The table of all kernels of one ISA: the only symbol that its target file exports.
#pragma once

#include "kernels/map.inl"
#include "kernels/reduce.inl"
#include "kernels/rows.inl"
#include "kernels/decode.inl"
#include "kernels/encode.inl"
#include "kernels/gather.inl"
#include "kernels/scatter.inl"
#include "kernels/take_along.inl"
#include "kernels/topk.inl"
#include "kernels/sample.inl"
#include "kernels/matmul.inl"
#include "kernels/linear.inl"
#include "kernels/conv2d.inl"
#include "kernels/pool2d.inl"
#include "kernels/attention.inl"
#include "kernels/wkv7.inl"
#include "kernels/probe.inl"

MIA_BEGIN

const KernelEntry kEntries[] = {
#define X(name, phases, work, run, shared_bytes, check) {name, phases, work, run, shared_bytes, check},
#include "kernels/kernels.def"
#undef X
};

const PackedFormat kFormats[] = {
#define FORMAT(name, F) {name, ImageBytes<F>},
#include "kernels/formats.def"
#undef FORMAT
};

MIA_END

#define MIA_QUOTE_(x) #x
#define MIA_QUOTE(x) MIA_QUOTE_(x)

namespace mia {
namespace MIA_TARGET {

bool Supported();  // targets/tables.cc: detection may not be compiled with the ISA's own flags
extern const KernelTable kTable;
const KernelTable kTable = {MIA_QUOTE(MIA_TARGET), sizeof(kEntries) / sizeof(kEntries[0]), kEntries, Supported,
                            &kProbes, sizeof(kFormats) / sizeof(kFormats[0]), kFormats};

}  // namespace MIA_TARGET
}  // namespace mia
