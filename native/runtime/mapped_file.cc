#include "runtime/mapped_file.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <new>

#include "runtime/bus_guard.h"

namespace mia {
namespace {

// Without a reserve, because nobody means to write: a file may be larger than the memory. A system that promises memory
// strictly does so even then, and gets pages that cannot be written.
char* Map(int fd, size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
  if (data == MAP_FAILED) data = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  return data == MAP_FAILED ? nullptr : static_cast<char*>(data);
}

}  // namespace

MappedFile* MappedFile::Open(int fd, size_t bytes) {
  struct stat status;
  if (bytes == 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  if (static_cast<uint64_t>(status.st_size) < bytes) return nullptr;
  char* const data = Map(fd, bytes);
  if (data == nullptr) return nullptr;
  Guard* const guard = GuardMemory(data, bytes);
  auto* file = guard == nullptr ? nullptr : new (std::nothrow) MappedFile(data, bytes, guard);
  if (file != nullptr) return file;
  if (guard != nullptr) Unguard(guard);
  munmap(data, bytes);
  return nullptr;
}

MappedFile::~MappedFile() {
  Unguard(guard_);
  munmap(data_, bytes_);
}

void MappedFile::Trim() { madvise(data_, bytes_, MADV_DONTNEED); }

bool MappedFile::shrank() const { return guard_->hit.load(std::memory_order_relaxed); }

}  // namespace mia
