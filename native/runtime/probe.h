// What this machine can do at best, measured with the loops of kernels/probe.h on the pool's threads.
#pragma once

#include <string>

#include "kernels/kernels.h"

namespace mia {

// "fma.f32", "dot.i8", "dot.bf16": billions of operations a second of a loop in registers (-1: no such instruction).
// "copy": GB/s, read and written bytes counted, of 256 MiB. "read": GB/s of 1 GiB. The best of several passes of a few
// tenths of a second altogether; blocks the caller.
// Negative: there is no such probe, no memory or no thread.
double Measure(const KernelTable& table, const std::string& name, int threads);

}  // namespace mia
