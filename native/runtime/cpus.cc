#include "runtime/cpus.h"

#include <math.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <vector>

#include "runtime/cgroup.h"

namespace mia {
namespace {

int AffinityCores() {
#ifdef __linux__
  // The kernel refuses a mask shorter than its own: grow until it fits (machines beyond 1024 cores).
  for (size_t sets = 1; sets <= 64; sets *= 2) {
    std::vector<cpu_set_t> mask(sets);
    const size_t bytes = sets * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, mask.data()) == 0) return CPU_COUNT_S(bytes, mask.data());
  }
#endif
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

}  // namespace

int UsableCores(const std::string& root) {
  int cores = AffinityCores();
  const double quota = CgroupCpus(root);
  if (quota > 0) cores = std::min(cores, static_cast<int>(ceil(std::min(quota, 1e6))));
  return std::max(cores, 1);
}

}  // namespace mia
