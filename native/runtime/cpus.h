// How many cores this process may keep busy.
#pragma once

#include <string>

namespace mia {

// Cores in the affinity mask, no more than the cgroup's quota rounded up; at least 1. `root`: see cgroup.h.
int UsableCores(const std::string& root = "");

}  // namespace mia
