// An ISA that lists only the kernels and formats which it does otherwise than another.
#pragma once

#include <string.h>

#include <vector>

#include "kernels/kernels.h"

namespace mia {

class Inherited {
 public:
  Inherited(const KernelTable& base, const KernelTable& own)
      : table(own),
        kernels_(Merge(base.kernels, base.num_kernels, own.kernels, own.num_kernels)),
        formats_(Merge(base.formats, base.num_formats, own.formats, own.num_formats)) {
    table.kernels = kernels_.data();
    table.num_kernels = base.num_kernels;
    table.formats = formats_.data();
    table.num_formats = base.num_formats;
  }
  Inherited(const Inherited&) = delete;

  KernelTable table;

 private:
  template <class T>
  static std::vector<T> Merge(const T* base, int num_base, const T* own, int num_own) {
    std::vector<T> all(base, base + num_base);
    for (T& one : all) {
      for (int i = 0; i < num_own; i++) {
        if (strcmp(one.name, own[i].name) == 0) one = own[i];
      }
    }
    return all;
  }
  std::vector<KernelEntry> kernels_;
  std::vector<PackedFormat> formats_;
};

}  // namespace mia
