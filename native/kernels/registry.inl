// The table of all kernels of one ISA.
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

MIA_END

#define MIA_FORMATS "kernels/formats.def"
#include "kernels/table.inl"
