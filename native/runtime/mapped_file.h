// A file shown as memory: pages come from the system's cache when read, are shared with every process that reads the
// file, and go back when memory is short.
#pragma once

#include "runtime/memory.h"

namespace mia {

struct Guard;

class MappedFile : public Shared {
 public:
  // The first `bytes` of a regular file, whose descriptor the caller may close. Null: it is none, it is shorter, or the
  // system cannot map it.
  static MappedFile* Open(int fd, size_t bytes);

  // Page-aligned. Writing changes a page of this process, never the file: a stray write costs memory, not the process.
  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  // Gives resident pages back; they return from the cache when they are read again.
  void Trim();
  // Whether the file was found to have become shorter. What it no longer has reads as zeros.
  bool shrank() const;

 private:
  MappedFile(char* data, size_t bytes, Guard* guard) : data_(data), bytes_(bytes), guard_(guard) {}
  ~MappedFile() override;

  char* data_;
  size_t bytes_;
  Guard* guard_;
};

}  // namespace mia
