// All large memory of the engine: 64-byte aligned, counted, and reused. Freed blocks wait a little in one process-wide
// list, because the next run most likely wants the same sizes and fresh pages cost more than many a kernel.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <atomic>

namespace mia {

constexpr size_t kAlign = 64;

struct Block {
  char* data = nullptr;
  size_t bytes = 0;  // as allocated: at least what was asked for
};

// data is null if the machine, the container or malloc has no room. The contents are arbitrary.
Block Allocate(size_t bytes);
// The same, with zeros in it. Pages of large blocks take memory when they are first written.
Block AllocateZeros(size_t bytes);
void Free(Block block);

size_t HeldBytes();   // allocated and not given back to the system
size_t IdleBytes();   // of these, waiting for reuse
size_t MemoryLimit(); // the machine's memory or the container's limit
void SetMemoryLimitForTest(size_t bytes);

// Gives blocks back to the system that nobody wanted for so long; 0 for all of them.
void TrimIdle(double seconds);

// Live buffers of one environment. Atomic because the last reference may go on a pool thread.
struct Account {
  std::atomic<int64_t> bytes{0};
  std::atomic<int64_t> buffers{0};
};

// Memory that goes with the last reference to it. Whoever creates it has the first one.
class Shared {
 public:
  void Ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void Unref() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  bool Unique() const { return refs_.load(std::memory_order_acquire) == 1; }

 protected:
  virtual ~Shared() = default;

 private:
  std::atomic<int> refs_{1};
};

// Memory that a handle, a run or an ArrayBuffer owns.
class Buffer : public Shared {
 public:
  // Null: out of memory.
  static Buffer* Create(size_t bytes, Account* account, bool zeros = false);

  char* data() const { return block_.data; }
  size_t bytes() const { return bytes_; }
  // From now on somebody else (V8) accounts for the memory, and it may outlive the environment.
  void LeaveAccount();

 private:
  Buffer(Block block, size_t bytes, Account* account);
  ~Buffer() override;

  Account* account_;
  size_t bytes_;
  Block block_;
};

// Memory of one run: its temporaries and its steps' scratch.
class Arena {
 public:
  explicit Arena(size_t bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  bool ok() const { return bytes_ == 0 || block_.data != nullptr; }
  char* data() const { return block_.data; }

 private:
  size_t bytes_;
  Block block_;
};
size_t ArenaBytes();  // leased to runs, and idle

}  // namespace mia
