// Keeps threads that work together off one core. The kernel wakes a thread where it ran last if it finds no
// idle core at that moment, looks for a better place only at its next tick, and finds it in the same place
// the next time.
#pragma once

#ifdef __linux__
#include <sched.h>
#include <sys/types.h>
#endif

#include <atomic>

namespace mia {

// Where one thread may run. Does nothing where the system does not let threads be placed.
class Placement {
 public:
  // On the thread itself, first.
  void Enter();
  // On any thread: moves this one off the core that the caller runs on, until it calls Return().
  void MoveOffThisCore();
  // On the thread itself: it may run again wherever it could before it was moved.
  void Return();

#ifdef __linux__
 private:
  enum State { kHome, kMoving, kMoved };
  std::atomic<int> state_{kHome};
  pid_t thread_ = 0;
  cpu_set_t home_;  // read by Return() when the state says kMoved
#endif
};

// The number of the core that the caller runs on, or -1.
int ThisCore();

}  // namespace mia
