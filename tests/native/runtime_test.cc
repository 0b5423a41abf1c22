// Memory, and what the machine and its containers allow.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "runtime/cgroup.h"
#include "runtime/cpus.h"
#include "runtime/memory.h"
#include "test.h"

using namespace mia;

namespace {

// A directory that plays the root of some machine.
struct FakeRoot {
  std::string path;
  FakeRoot() {
    char name[] = "/tmp/mia-root-XXXXXX";
    path = mkdtemp(name);
  }
  ~FakeRoot() {
    const int status = system(("rm -r " + path).c_str());
    CHECK_EQ(status, 0);
  }
  void Write(const std::string& file, const std::string& text) {
    for (size_t i = 1; i < file.size(); i++) {
      if (file[i] == '/') mkdir((path + file.substr(0, i)).c_str(), 0777);
    }
    std::ofstream(path + file) << text;
  }
};

struct WithLimit {
  size_t before = MemoryLimit();
  explicit WithLimit(size_t bytes) { SetMemoryLimitForTest(bytes); }
  ~WithLimit() { SetMemoryLimitForTest(before); }
};

}  // namespace

TEST(runtime_cores_without_cgroups) {
  FakeRoot root;
  CHECK(UsableCores(root.path) >= 1);
  CHECK_EQ(CgroupCpus(root.path), 0.0);
  CHECK_EQ(CgroupMemoryBytes(root.path), 0);
  CHECK(UsableCores() >= 1 && UsableCores() <= UsableCores(root.path));
}

TEST(runtime_cgroup_v2_takes_the_tightest_parent) {
  FakeRoot root;
  root.Write("/proc/self/cgroup", "0::/a/b\n");
  root.Write("/proc/self/mountinfo",
             "20 1 0:1 / / rw - ext4 /dev/vda rw\n31 20 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
  root.Write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  root.Write("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  root.Write("/sys/fs/cgroup/cpu.max", "400000 100000\n");
  root.Write("/sys/fs/cgroup/a/b/memory.max", "max\n");
  root.Write("/sys/fs/cgroup/a/memory.max", "536870912\n");
  CHECK_EQ(CgroupCpus(root.path), 1.5);
  CHECK_EQ(CgroupMemoryBytes(root.path), 536870912);
  CHECK(UsableCores(root.path) <= 2);
}

TEST(runtime_cgroup_v1_inside_a_container) {
  // The container's mount shows only its own part of the host's tree.
  FakeRoot root;
  root.Write("/proc/self/cgroup", "5:cpu,cpuacct:/docker/f00\n4:memory:/docker/f00\n0::/\n");
  root.Write("/proc/self/mountinfo",
             "31 23 0:1 /docker/f00 /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
             "32 23 0:2 /docker/f00 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
  root.Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
  root.Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  root.Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK_EQ(CgroupCpus(root.path), 0.5);
  CHECK_EQ(UsableCores(root.path), 1);
  CHECK_EQ(CgroupMemoryBytes(root.path), 0);
}

TEST(runtime_cgroup_reads_nonsense_as_no_limit) {
  FakeRoot root;
  root.Write("/proc/self/cgroup", "garbage\n::\n0::relative\n");
  root.Write("/proc/self/mountinfo", " - \nx - cgroup2\n31 20 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  root.Write("/sys/fs/cgroup/cpu.max", "-5 0 7\n");
  root.Write("/sys/fs/cgroup/memory.max", "\xff\n");
  CHECK_EQ(CgroupCpus(root.path), 0.0);
  CHECK_EQ(CgroupMemoryBytes(root.path), 0);
}

TEST(runtime_memory_is_aligned_and_counted) {
  TrimIdle(0);
  const size_t before = HeldBytes();
  constexpr size_t kMiB = 1 << 20;
  const size_t sizes[] = {0, 1, 63, 65, 70000, kMiB, 5 * kMiB + 1, 40 * kMiB + 1};
  for (size_t bytes : sizes) {
    const Block block = Allocate(bytes);
    CHECK(block.data != nullptr && block.bytes >= bytes);
    CHECK_EQ(reinterpret_cast<uintptr_t>(block.data) % kAlign, 0u);
    CHECK_EQ(HeldBytes(), before + block.bytes);
    if (bytes != 0) block.data[0] = block.data[bytes - 1] = 1;
    Free(block);
    TrimIdle(0);
    CHECK_EQ(HeldBytes(), before);
  }
}

TEST(runtime_memory_is_reused) {
  TrimIdle(0);
  const Block a = Allocate(10 << 20);
  Free(a);
  CHECK_EQ(IdleBytes(), a.bytes);
  const Block b = Allocate(9 << 20);  // close enough
  CHECK(b.data == a.data);
  CHECK_EQ(IdleBytes(), 0u);
  const Block c = Allocate(1 << 20);
  Free(b);
  const Block d = Allocate(2 << 20);  // would waste most of b
  CHECK(d.data != b.data);
  Free(c);
  Free(d);
  TrimIdle(1000);
  CHECK(IdleBytes() != 0);
  TrimIdle(0);
  CHECK_EQ(IdleBytes(), 0u);
}

TEST(runtime_memory_has_a_limit) {
  TrimIdle(0);
  WithLimit limit(HeldBytes() + (64 << 20));
  CHECK(Allocate(size_t{65} << 20).data == nullptr);
  CHECK(Allocate(SIZE_MAX).data == nullptr);
  CHECK(Allocate(SIZE_MAX - 100).data == nullptr);
  const Block a = Allocate(40 << 20);
  CHECK(a.data != nullptr);
  CHECK(Allocate(40 << 20).data == nullptr);
  CHECK(Buffer::Create(40 << 20, nullptr) == nullptr);
  CHECK(!Arena(40 << 20).ok());
  Free(a);
  const Block small = Allocate(5 << 20);
  Free(small);  // idle, and in the way of:
  const Block b = Allocate(62 << 20);
  CHECK(b.data != nullptr);
  Free(b);
  TrimIdle(0);
}

TEST(runtime_idle_memory_is_bounded) {
  TrimIdle(0);
  std::vector<Block> blocks;
  for (int i = 0; i < 200; i++) blocks.push_back(Allocate((64 << 10) + i * 4096));
  for (const Block& block : blocks) Free(block);
  CHECK(IdleBytes() > 0 && IdleBytes() <= 64 * ((64 << 10) + 200 * 4096));
  TrimIdle(0);
  WithLimit limit(HeldBytes() + (160 << 20));
  const Block large = Allocate(30 << 20);
  Free(large);  // more than an eighth of the limit never waits
  CHECK_EQ(IdleBytes(), 0u);
  TrimIdle(0);
}

TEST(runtime_buffers_count_for_their_account) {
  Account account;
  Buffer* a = Buffer::Create(1000, &account);
  Buffer* b = Buffer::Create(0, &account);
  CHECK(b->data() != nullptr);
  CHECK_EQ(account.bytes.load(), 1000);
  CHECK_EQ(account.buffers.load(), 2);
  a->Ref();
  CHECK(!a->Unique());
  a->Unref();
  CHECK(a->Unique());
  a->LeaveAccount();
  CHECK_EQ(account.buffers.load(), 1);
  a->Unref();
  b->Unref();
  CHECK_EQ(account.bytes.load(), 0);
  CHECK_EQ(account.buffers.load(), 0);
}

TEST(runtime_memory_from_many_threads) {
  TrimIdle(0);
  const size_t before = HeldBytes();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([t] {
      for (int i = 0; i < 300; i++) {
        Arena arena(static_cast<size_t>(1 + (i * 37 + t) % 50) << 13);
        arena.data()[0] = static_cast<char>(t);
        if (i % 50 == 0) TrimIdle(0);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  TrimIdle(0);
  CHECK_EQ(HeldBytes(), before);
  CHECK_EQ(ArenaBytes(), 0u);
}
