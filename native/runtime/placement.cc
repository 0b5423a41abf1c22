#include "runtime/placement.h"

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace mia {

#ifdef __linux__

void Placement::Enter() { thread_ = static_cast<pid_t>(syscall(SYS_gettid)); }

void Placement::MoveOffThisCore() {
  int home = kHome;
  if (!state_.compare_exchange_strong(home, kMoving)) return;
  const int core = ThisCore();
  cpu_set_t elsewhere;
  // Refused on machines with more cores than a cpu_set_t, and for a mask that the cgroup leaves empty.
  const bool moved = core >= 0 && core < CPU_SETSIZE &&
                     sched_getaffinity(thread_, sizeof home_, &home_) == 0 &&
                     (elsewhere = home_, CPU_CLR(static_cast<size_t>(core), &elsewhere), true) &&
                     sched_setaffinity(thread_, sizeof elsewhere, &elsewhere) == 0;
  state_.store(moved ? kMoved : kHome, std::memory_order_release);
}

void Placement::Return() {
  if (state_.load(std::memory_order_acquire) != kMoved) return;
  sched_setaffinity(thread_, sizeof home_, &home_);
  state_.store(kHome, std::memory_order_release);
}

int ThisCore() { return sched_getcpu(); }

#else

void Placement::Enter() {}
void Placement::MoveOffThisCore() {}
void Placement::Return() {}
int ThisCore() { return -1; }

#endif

}  // namespace mia
