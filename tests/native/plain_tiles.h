// simd/amx.h in plain C++: what Intel's manual says of each instruction, so that kernels over tiles are
// tested where there are none.
#pragma once

#include "simd/tiles.h"

#define MIA_HAS_TILES
MIA_BEGIN

class Tiles {
 public:
  void Configure(const TileConfig& config) {
    if (memcmp(&config_, &config, sizeof(config)) == 0) return;
    config_ = config;
    memset(tiles_, 0, sizeof(tiles_));
  }
  template <int kTile>
  void Load(const void* p, int64_t stride) {
    memset(tiles_[kTile], 0, sizeof(tiles_[kTile]));
    for (int i = 0; i < config_.rows[kTile]; i++) {
      memcpy(tiles_[kTile][i], static_cast<const char*>(p) + i * stride, config_.bytes[kTile]);
    }
  }
  template <int kTile>
  void Store(void* p, int64_t stride) {
    for (int i = 0; i < config_.rows[kTile]; i++) {
      memcpy(static_cast<char*>(p) + i * stride, tiles_[kTile][i], config_.bytes[kTile]);
    }
  }
  template <int kTile>
  void Zero() {
    memset(tiles_[kTile], 0, sizeof(tiles_[kTile]));
  }
  // Sums of the first and of the second numbers of all pairs, each product added in one rounding; then their
  // sum, and that onto C. Subnormals are 0 wherever they come up.
  template <int kC, int kA, int kB>
  void DotPairs() {
    Each<kC, kA, kB>([](const uint8_t* a, const uint8_t* b, int64_t k_count, uint8_t* c) {
      float sums[2] = {0, 0}, total;
      for (int64_t k = 0; k < k_count; k++) {
        for (int half = 0; half < 2; half++) {
          uint16_t x, y;
          memcpy(&x, a + 4 * k + 2 * half, 2);
          memcpy(&y, b + kLineBytes * k + 2 * half, 2);
          sums[half] = Flush(fmaf(Flush(BFloatToFloat(x)), Flush(BFloatToFloat(y)), sums[half]));
        }
      }
      memcpy(&total, c, 4);
      total = Flush(Flush(total) + Flush(sums[0] + sums[1]));
      memcpy(c, &total, 4);
    });
  }
  template <int kC, int kA, int kB>
  void DotQuads() {
    Each<kC, kA, kB>([](const uint8_t* a, const uint8_t* b, int64_t k_count, uint8_t* c) {
      int32_t sum;
      memcpy(&sum, c, 4);
      for (int64_t k = 0; k < 4 * k_count; k++)
        sum += static_cast<int8_t>(a[k]) * b[k / 4 * kLineBytes + k % 4];
      memcpy(c, &sum, 4);
    });
  }

 private:
  TileConfig config_ = {};
  uint8_t tiles_[kNumTiles][kTileLines][kLineBytes] = {};

  static float Flush(float x) { return fabsf(x) < FLT_MIN ? copysignf(0, x) : x; }

  // dot(row of A, column of B from its first line on, lines, the number of C), where shapes agree.
  template <int kC, int kA, int kB, class Dot>
  void Each(Dot dot) {
    const bool agree = config_.rows[kC] == config_.rows[kA] && config_.bytes[kC] == config_.bytes[kB] &&
                       config_.bytes[kA] == 4 * config_.rows[kB];
    if (!agree) abort();  // the instruction would fault
    for (int i = 0; i < config_.rows[kC]; i++) {
      for (int j = 0; j < config_.bytes[kC]; j += 4) {
        dot(tiles_[kA][i], tiles_[kB][0] + j, config_.rows[kB], tiles_[kC][i] + j);
      }
    }
  }
};

MIA_END
