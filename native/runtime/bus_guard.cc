#include "runtime/bus_guard.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mia {
namespace {

// A fixed table, because a signal handler may neither wait nor allocate.
constexpr int kMaxGuards = 4096;
Guard guards[kMaxGuards];
std::atomic<int> num_guards{0};  // that were ever used
struct sigaction previous;
uintptr_t page_bytes;

Guard* GuardOf(const char* address) {
  const int count = num_guards.load(std::memory_order_acquire);
  for (int i = 0; i < count; i++) {
    const char* const begin = guards[i].begin.load(std::memory_order_acquire);
    if (begin == nullptr || address < begin) continue;
    if (address < begin + guards[i].bytes.load(std::memory_order_relaxed)) return &guards[i];
  }
  return nullptr;
}

// What is not ours happens as if there were no guard: the instruction runs again, under the handler that was there
// before.
void OnBusError(int signal, siginfo_t* info, void* context) {
  Guard* const guard = GuardOf(static_cast<char*>(info->si_addr));
  if (guard != nullptr) {
    // What follows is gone as well; a page at a time would take as many faults, and as many mappings.
    const uintptr_t page = reinterpret_cast<uintptr_t>(info->si_addr) & ~(page_bytes - 1);
    const auto end = reinterpret_cast<uintptr_t>(guard->begin.load()) + guard->bytes.load();
    if (mmap(reinterpret_cast<void*>(page), end - page, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED) {
      guard->hit.store(true, std::memory_order_relaxed);
      return;
    }
  }
  if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(signal, info, context);
  sigaction(SIGBUS, &previous, nullptr);
}

void Install() {
  page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

}  // namespace

Guard* GuardMemory(char* begin, size_t bytes) {
  static const bool installed = (Install(), true);
  static_cast<void>(installed);
  for (int i = 0; i < kMaxGuards; i++) {
    Guard& guard = guards[i];
    if (guard.used.load(std::memory_order_relaxed) || guard.used.exchange(true)) continue;
    guard.hit.store(false, std::memory_order_relaxed);
    guard.bytes.store(bytes, std::memory_order_relaxed);
    guard.begin.store(begin, std::memory_order_release);
    int count = num_guards.load();
    while (count <= i && !num_guards.compare_exchange_weak(count, i + 1)) {
    }
    return &guard;
  }
  return nullptr;
}

void Unguard(Guard* guard) {
  guard->begin.store(nullptr);
  guard->used.store(false);
}

}  // namespace mia
