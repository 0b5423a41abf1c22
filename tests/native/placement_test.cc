#include "runtime/placement.h"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <thread>

#include "test.h"

namespace mia {
namespace {

cpu_set_t CoresOf(pthread_t thread) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  pthread_getaffinity_np(thread, sizeof cores, &cores);
  return cores;
}

TEST(placement_moves_a_thread_off_a_core_and_lets_it_return) {
  // This thread stays where it is meanwhile, or "this core" would be another one by the time it is looked at.
  const cpu_set_t mine = CoresOf(pthread_self());
  const int core = ThisCore();
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<size_t>(core), &here);

  Placement placement;
  std::atomic<int> stage{0};
  std::thread other([&] {
    placement.Enter();
    stage = 1;
    while (stage != 2) std::this_thread::yield();
    placement.Return();
    stage = 3;
    while (stage != 4) std::this_thread::yield();
  });
  while (stage != 1) std::this_thread::yield();
  pthread_setaffinity_np(pthread_self(), sizeof here, &here);

  const cpu_set_t home = CoresOf(other.native_handle());
  cpu_set_t away = home;
  CPU_CLR(static_cast<size_t>(core), &away);
  if (CPU_COUNT(&away) == 0) away = home;  // a machine of one core: there is nowhere to go
  placement.MoveOffThisCore();
  const cpu_set_t moved = CoresOf(other.native_handle());
  placement.MoveOffThisCore();  // once is enough
  const cpu_set_t again = CoresOf(other.native_handle());
  stage = 2;
  while (stage != 3) std::this_thread::yield();
  const cpu_set_t back = CoresOf(other.native_handle());
  stage = 4;
  other.join();
  pthread_setaffinity_np(pthread_self(), sizeof mine, &mine);

  CHECK(CPU_EQUAL(&moved, &away));
  CHECK(CPU_EQUAL(&again, &away));
  CHECK(CPU_EQUAL(&back, &home));
}

}  // namespace
}  // namespace mia
#endif
