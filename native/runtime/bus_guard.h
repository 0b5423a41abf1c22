// Reading a mapped file where it has become shorter raises SIGBUS, which ends a process that does not expect it.
// Guarded memory is zeros from there on instead, and remembers it.
#pragma once

#include <stddef.h>

#include <atomic>

namespace mia {

struct Guard {
  std::atomic<char*> begin{nullptr};
  std::atomic<size_t> bytes{0};
  std::atomic<bool> hit{false};
  std::atomic<bool> used{false};
};

// Null: more memory is guarded than the table can hold.
Guard* GuardMemory(char* begin, size_t bytes);
// Before the memory is unmapped.
void Unguard(Guard* guard);

}  // namespace mia
