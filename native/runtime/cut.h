// How the work of a phase is cut for threads.
#pragma once

#include "kernels/kernels.h"

namespace mia {

// How a job is cut: blocks of whole grains, claimed several at a time.
struct Cut {
  uint32_t blocks, max_claim;
  int64_t block_units;
  double cost;
};

Cut CutWork(const Work& work);

// A quotient of estimates as an integer in [1, most], whatever nonsense they are.
int64_t Quotient(double a, double b, int64_t most);

}  // namespace mia
