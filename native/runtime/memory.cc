#include "runtime/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <new>

#include "runtime/cgroup.h"

namespace mia {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kReuseFrom = size_t{64} << 10;  // smaller blocks are malloc's own business
constexpr size_t kMapFrom = size_t{1} << 20;     // larger blocks come from mmap, so that freeing them really frees
constexpr size_t kHugeFrom = size_t{4} << 20;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr int kMaxIdle = 64;
constexpr double kMaxIdleSeconds = 10;

struct IdleBlock {
  Block block;
  Clock::time_point since;
};

struct Memory {
  std::atomic<size_t> held{0}, idle_bytes{0}, leased{0}, limit{0};
  std::mutex mutex;
  IdleBlock idle[kMaxIdle];  // guarded by mutex, oldest first
  int num_idle = 0;
};

// Never destroyed: pool threads may still run while the process exits.
Memory& State() {
  static Memory* const memory = [] {
    auto* m = new Memory;
    const double machine = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    const auto container = static_cast<double>(CgroupMemoryBytes());
    m->limit = static_cast<size_t>(container > 0 ? std::min(machine, container) : machine);
    return m;
  }();
  return *memory;
}

size_t RoundUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

size_t RoundedSize(size_t bytes) {
  if (bytes < kReuseFrom) return RoundUp(std::max<size_t>(bytes, 1), kAlign);
  return RoundUp(bytes, bytes < 8 * kHugePage ? size_t{4096} : kHugePage);
}

char* FromSystem(size_t bytes) {
  if (bytes < kMapFrom) return static_cast<char*>(aligned_alloc(kAlign, bytes));
  const size_t slack = bytes >= kHugeFrom ? kHugePage : 0;
  void* p = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  auto* data = static_cast<char*>(p);
  if (slack != 0) {
    const size_t skip = RoundUp(reinterpret_cast<uintptr_t>(data), kHugePage) - reinterpret_cast<uintptr_t>(data);
    if (skip != 0) munmap(data, skip);
    if (skip != slack) munmap(data + skip + bytes, slack - skip);
    data += skip;
#ifdef MADV_HUGEPAGE
    madvise(data, bytes, MADV_HUGEPAGE);
#endif
  }
  return data;
}

void ToSystem(Block block) {
  State().held.fetch_sub(block.bytes, std::memory_order_relaxed);
  if (block.bytes < kMapFrom) {
    free(block.data);
  } else {
    munmap(block.data, block.bytes);
  }
}

// With the mutex held.
Block TakeIdle(Memory& m, int index) {
  const Block block = m.idle[index].block;
  std::copy(m.idle + index + 1, m.idle + m.num_idle, m.idle + index);
  m.num_idle--;
  m.idle_bytes.fetch_sub(block.bytes, std::memory_order_relaxed);
  return block;
}

// The smallest idle block that is large enough and wastes no more than a quarter.
Block Reuse(Memory& m, size_t bytes) {
  std::lock_guard<std::mutex> lock(m.mutex);
  int best = -1;
  for (int i = 0; i < m.num_idle; i++) {
    const size_t have = m.idle[i].block.bytes;
    if (have < bytes || have - bytes > bytes / 4) continue;
    if (best < 0 || have <= m.idle[best].block.bytes) best = i;  // the younger of equals: its pages are warmer
  }
  return best < 0 ? Block{} : TakeIdle(m, best);
}

bool Reserve(Memory& m, size_t bytes) {
  const size_t limit = m.limit.load(std::memory_order_relaxed);
  size_t held = m.held.load(std::memory_order_relaxed);
  do {
    if (bytes > limit || held > limit - bytes) return false;
  } while (!m.held.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
  return true;
}

}  // namespace

namespace {

Block AllocateFrom(size_t bytes, bool reuse) {
  Memory& m = State();
  if (bytes > m.limit.load(std::memory_order_relaxed)) return {};  // also keeps the rounding from overflowing
  bytes = RoundedSize(bytes);
  if (reuse && bytes >= kReuseFrom && m.idle_bytes.load(std::memory_order_relaxed) != 0) {
    const Block block = Reuse(m, bytes);
    if (block.data != nullptr) return block;
  }
  if (!Reserve(m, bytes)) {
    TrimIdle(0);
    if (!Reserve(m, bytes)) return {};
  }
  char* data = FromSystem(bytes);
  if (data == nullptr) {
    TrimIdle(0);
    data = FromSystem(bytes);
  }
  if (data == nullptr) {
    m.held.fetch_sub(bytes, std::memory_order_relaxed);
    return {};
  }
  return {data, bytes};
}

}  // namespace

Block Allocate(size_t bytes) { return AllocateFrom(bytes, true); }

Block AllocateZeros(size_t bytes) {
  const bool fresh = bytes >= kMapFrom;  // pages from the system are zeros
  const Block block = AllocateFrom(bytes, !fresh);
  if (!fresh && block.data != nullptr) memset(block.data, 0, bytes);
  return block;
}

void Free(Block block) {
  if (block.data == nullptr) return;
  if (block.bytes < kReuseFrom) return ToSystem(block);
  Memory& m = State();
  // An eighth of the machine may wait; what does not fit pushes out what waits longest.
  const size_t room = m.limit.load(std::memory_order_relaxed) / 8;
  if (block.bytes > room) return ToSystem(block);
  Block dropped[kMaxIdle];
  int num_dropped = 0;
  const auto now = Clock::now();
  {
    std::lock_guard<std::mutex> lock(m.mutex);
    while (m.num_idle != 0 &&
           (m.num_idle == kMaxIdle || m.idle_bytes.load(std::memory_order_relaxed) > room - block.bytes ||
            now - m.idle[0].since > std::chrono::duration<double>(kMaxIdleSeconds))) {
      dropped[num_dropped++] = TakeIdle(m, 0);
    }
    m.idle[m.num_idle++] = {block, now};
    m.idle_bytes.fetch_add(block.bytes, std::memory_order_relaxed);
  }
  for (int i = 0; i < num_dropped; i++) ToSystem(dropped[i]);
}

void TrimIdle(double seconds) {
  Memory& m = State();
  const auto now = Clock::now();
  Block dropped[kMaxIdle];
  int num_dropped = 0;
  {
    std::lock_guard<std::mutex> lock(m.mutex);
    while (m.num_idle != 0 && now - m.idle[0].since >= std::chrono::duration<double>(seconds)) {
      dropped[num_dropped++] = TakeIdle(m, 0);
    }
  }
  for (int i = 0; i < num_dropped; i++) ToSystem(dropped[i]);
}

size_t HeldBytes() { return State().held.load(std::memory_order_relaxed); }
size_t IdleBytes() { return State().idle_bytes.load(std::memory_order_relaxed); }
size_t MemoryLimit() { return State().limit.load(std::memory_order_relaxed); }
void SetMemoryLimitForTest(size_t bytes) { State().limit.store(bytes, std::memory_order_relaxed); }

Buffer* Buffer::Create(size_t bytes, Account* account, bool zeros) {
  const Block block = zeros ? AllocateZeros(bytes) : Allocate(bytes);
  if (block.data == nullptr) return nullptr;
  auto* buffer = new (std::nothrow) Buffer(block, bytes, account);
  if (buffer == nullptr) Free(block);
  return buffer;
}

Buffer::Buffer(Block block, size_t bytes, Account* account) : account_(account), bytes_(bytes), block_(block) {
  if (account_ == nullptr) return;
  account_->bytes.fetch_add(static_cast<int64_t>(bytes_), std::memory_order_relaxed);
  account_->buffers.fetch_add(1, std::memory_order_relaxed);
}

Buffer::~Buffer() {
  LeaveAccount();
  Free(block_);
}

void Buffer::LeaveAccount() {
  if (account_ == nullptr) return;
  account_->bytes.fetch_sub(static_cast<int64_t>(bytes_), std::memory_order_relaxed);
  account_->buffers.fetch_sub(1, std::memory_order_relaxed);
  account_ = nullptr;
}

Arena::Arena(size_t bytes) : bytes_(bytes) {
  if (bytes_ == 0) return;
  block_ = Allocate(bytes_);
  State().leased.fetch_add(block_.bytes, std::memory_order_relaxed);
}

Arena::~Arena() {
  State().leased.fetch_sub(block_.bytes, std::memory_order_relaxed);
  Free(block_);
}

size_t ArenaBytes() { return State().leased.load(std::memory_order_relaxed) + IdleBytes(); }

}  // namespace mia
