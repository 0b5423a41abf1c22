// AMX beside AVX-512: products of tiles. The assembly is written here because compilers' intrinsics do not
// say that tiles are read from memory.
#pragma once

#include "simd/avx512.h"
#include "simd/tiles.h"

#define MIA_HAS_TILES
MIA_BEGIN

// The tiles of this thread: configured when a kernel first needs them and released when it is done with them,
// so that nothing of them is saved when threads take turns.
class Tiles {
 public:
  Tiles() = default;
  Tiles(const Tiles&) = delete;
  ~Tiles() {
    if (config_.palette != 0) __asm__ volatile("tilerelease" ::: "memory");
  }

  // All tiles are zero then, unless they have these shapes already.
  MIA_INLINE void Configure(const TileConfig& config) {
    if (memcmp(&config_, &config, sizeof(config)) == 0) return;
    config_ = config;
    __asm__ volatile("ldtilecfg %0" ::"m"(config_) : "memory");
  }
  // Lines `stride` bytes apart.
  template <int kTile>
  MIA_INLINE void Load(const void* p, int64_t stride) {
    __asm__ volatile("tileloadd (%1,%2,1), %%tmm%c0" ::"i"(kTile), "r"(p), "r"(stride) : "memory");
  }
  template <int kTile>
  MIA_INLINE void Store(void* p, int64_t stride) {
    __asm__ volatile("tilestored %%tmm%c0, (%1,%2,1)" ::"i"(kTile), "r"(p), "r"(stride) : "memory");
  }
  template <int kTile>
  MIA_INLINE void Zero() {
    __asm__ volatile("tilezero %%tmm%c0" ::"i"(kTile));
  }
  // C += A B of pairs of bf16, and of signed bytes by unsigned ones.
  template <int kC, int kA, int kB>
  MIA_INLINE void DotPairs() {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kC), "i"(kA), "i"(kB));
  }
  template <int kC, int kA, int kB>
  MIA_INLINE void DotQuads() {
    __asm__ volatile("tdpbsud %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kC), "i"(kA), "i"(kB));
  }

 private:
  TileConfig config_ = Released();
  static TileConfig Released() {
    TileConfig config;
    config.palette = 0;
    return config;
  }
};

MIA_END
