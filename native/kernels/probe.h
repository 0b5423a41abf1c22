// Loops that show what one thread of this machine can do at best, for the same ISA as the kernels: the
// runtime times them on its threads, and a kernel's speed is judged by its share of them.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace mia {

struct Probes {
  // Multiply-adds that touch nothing but registers: of f32, of bytes (DotQuads), of pairs of bf16 (null: no such
  // instruction). They return how many operations, a multiplication and an addition each, `rounds` rounds are.
  double (*fma_f32)(int64_t rounds);
  double (*dot_i8)(int64_t rounds);
  double (*dot_bf16)(int64_t rounds);
  // Memory is 64-byte aligned, bytes a multiple of 512. copy: past the caches where that pays. read returns a
  // sum, so that every load counts.
  void (*copy)(void* dst, const void* src, size_t bytes);
  int32_t (*read)(const void* src, size_t bytes);
};

}  // namespace mia
