// What the container allows: cgroup v1 and v2, read from the same files a shell would print.
#pragma once

#include <stdint.h>

#include <string>

namespace mia {

// The tightest limit on the way from this process's cgroup up to the root; 0 if nothing limits it.
// `root` stands before every path read ("/proc/self/cgroup" ...), so that tests bring their own machine.
double CgroupCpus(const std::string& root = "");       // quota / period
int64_t CgroupMemoryBytes(const std::string& root = "");  // memory.max

}  // namespace mia
