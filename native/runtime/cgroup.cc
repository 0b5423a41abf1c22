#include "runtime/cgroup.h"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

namespace mia {
namespace {

bool HasItem(const std::string& comma_list, const std::string& item) {
  std::istringstream in(comma_list);
  for (std::string one; std::getline(in, one, ',');) {
    if (one == item) return true;
  }
  return false;
}

// /proc/self/cgroup: "4:memory:/path" (v1) or "0::/path" (v2). Empty if there is no such line.
std::string OwnPath(const std::string& root, bool v2, const std::string& controller) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (v2 ? controllers.empty() : HasItem(controllers, controller)) return line.substr(second + 1);
  }
  return "";
}

// Directories that may limit this process, own cgroup first, then its parents up to where the hierarchy is mounted.
std::vector<std::string> Directories(const std::string& root, bool v2, const std::string& controller) {
  std::vector<std::string> found;
  std::string path = OwnPath(root, v2, controller);
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    // id parent major:minor mount_root mount_point options... - type source super_options
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream head(line.substr(0, dash)), tail(line.substr(dash + 3));
    std::string skip, mount_root, mount_point, type, source, options;
    head >> skip >> skip >> skip >> mount_root >> mount_point;
    tail >> type >> source >> options;
    if (type != (v2 ? "cgroup2" : "cgroup") || (!v2 && !HasItem(options, controller))) continue;
    // A container often sees the host's path but mounts only its own part of the tree.
    if (mount_root != "/" && path.compare(0, mount_root.size(), mount_root) == 0) path.erase(0, mount_root.size());
    if (path.empty() || path[0] != '/') path = "/";
    for (; path.size() > 1; path.erase(path.rfind('/'))) found.push_back(root + mount_point + path);
    found.push_back(root + mount_point);
    break;
  }
  return found;
}

// The numbers at the start of a one-line file; "max" ends them.
std::vector<double> Numbers(const std::string& path) {
  std::ifstream file(path);
  std::vector<double> numbers;
  for (double x; file >> x;) numbers.push_back(x);
  return numbers;
}

double Tighter(double a, double b) { return a <= 0 ? b : b <= 0 ? a : std::min(a, b); }

}  // namespace

double CgroupCpus(const std::string& root) {
  double limit = 0;
  for (const auto& dir : Directories(root, true, "")) {
    const auto max = Numbers(dir + "/cpu.max");
    if (max.size() == 2 && max[1] > 0) limit = Tighter(limit, max[0] / max[1]);
  }
  for (const auto& dir : Directories(root, false, "cpu")) {
    const auto quota = Numbers(dir + "/cpu.cfs_quota_us"), period = Numbers(dir + "/cpu.cfs_period_us");
    if (quota.size() == 1 && period.size() == 1 && quota[0] > 0 && period[0] > 0) {
      limit = Tighter(limit, quota[0] / period[0]);
    }
  }
  return limit;
}

int64_t CgroupMemoryBytes(const std::string& root) {
  double limit = 0;
  const auto tighten = [&limit](const std::string& path) {
    const auto max = Numbers(path);
    // v1 prints a number near 2^63 for "no limit".
    if (max.size() == 1 && max[0] > 0 && max[0] < 4e18) limit = Tighter(limit, max[0]);
  };
  for (const auto& dir : Directories(root, true, "")) tighten(dir + "/memory.max");
  for (const auto& dir : Directories(root, false, "memory")) tighten(dir + "/memory.limit_in_bytes");
  return static_cast<int64_t>(limit);
}

}  // namespace mia
