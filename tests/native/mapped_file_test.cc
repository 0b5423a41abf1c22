// Files as memory: what is refused, what writing does, and what reading does where the file has been cut.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "runtime/mapped_file.h"
#include "test.h"

using namespace mia;

namespace {

constexpr size_t kPage = 4096;

// A file of `bytes` sevens that is gone with the object.
struct TempFile {
  char path[32] = "/tmp/mia-file-XXXXXX";
  int fd;
  explicit TempFile(size_t bytes) : fd(mkstemp(path)) {
    const std::string text(bytes, 7);
    CHECK_EQ(write(fd, text.data(), bytes), static_cast<ssize_t>(bytes));
  }
  ~TempFile() {
    close(fd);
    unlink(path);
  }
};

}  // namespace

TEST(mapped_file_shows_the_file_after_its_descriptor_is_closed) {
  TempFile temp(3 * kPage + 5);
  const int fd = open(temp.path, O_RDONLY);
  MappedFile* file = MappedFile::Open(fd, 3 * kPage + 5);
  close(fd);
  CHECK(file != nullptr);
  CHECK_EQ(file->bytes(), 3 * kPage + 5);
  CHECK_EQ(reinterpret_cast<uintptr_t>(file->data()) % kPage, size_t{0});
  for (size_t i = 0; i < file->bytes(); i++) CHECK_EQ(file->data()[i], 7);
  CHECK(!file->shrank());
  file->Unref();
}

TEST(mapped_file_writes_stay_in_the_process) {
  TempFile temp(kPage);
  const int fd = open(temp.path, O_RDONLY);
  MappedFile* file = MappedFile::Open(fd, kPage);
  file->data()[10] = 1;
  char byte = 0;
  CHECK_EQ(pread(temp.fd, &byte, 1, 10), 1);
  CHECK_EQ(byte, 7);
  file->Trim();  // takes the changed page along
  CHECK_EQ(file->data()[10], 7);
  file->Unref();
  close(fd);
}

TEST(mapped_file_refuses_what_is_no_file_or_too_short) {
  TempFile temp(kPage);
  CHECK(MappedFile::Open(temp.fd, kPage + 1) == nullptr);
  CHECK(MappedFile::Open(temp.fd, 0) == nullptr);
  CHECK(MappedFile::Open(-1, kPage) == nullptr);
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  CHECK(MappedFile::Open(ends[0], kPage) == nullptr);
  close(ends[0]);
  close(ends[1]);
  const int folder = open("/tmp", O_RDONLY);
  CHECK(MappedFile::Open(folder, kPage) == nullptr);
  close(folder);
}

TEST(mapped_file_that_is_cut_reads_as_zeros_and_says_so) {
  TempFile temp(64 * kPage);
  MappedFile* file = MappedFile::Open(temp.fd, 64 * kPage);
  CHECK_EQ(file->data()[0], 7);
  CHECK_EQ(ftruncate(temp.fd, 2 * kPage), 0);
  CHECK_EQ(file->data()[kPage], 7);
  CHECK(!file->shrank());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&] {
      for (size_t i = 2 * kPage; i < file->bytes(); i += 512) CHECK_EQ(file->data()[i], 0);
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(file->shrank());
  file->Unref();
  TempFile other(kPage);
  file = MappedFile::Open(other.fd, kPage);
  CHECK(!file->shrank());  // the table's entry is used again
  file->Unref();
}

TEST(mapped_file_leaves_other_bus_errors_alone) {
  const pid_t child = fork();
  if (child == 0) {
    TempFile temp(kPage), other(kPage);
    MappedFile::Open(other.fd, kPage);
    void* data = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, temp.fd, 0);
    unlink(temp.path);
    unlink(other.path);
    static_cast<void>(ftruncate(temp.fd, 0));
    signal(SIGALRM, SIG_DFL);
    alarm(20);
    _exit(*static_cast<volatile char*>(data));
  }
  int status = 0;
  CHECK_EQ(waitpid(child, &status, 0), child);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
#else
  CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 0);  // the sanitizer's own handler reports
#endif
}
