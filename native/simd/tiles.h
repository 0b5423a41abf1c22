// What matrix tiles are: eight of up to 16 rows of 64 bytes, shaped by a configuration. Rows of A hold
// numbers along k; a row of B holds 4 bytes along k (a pair of bf16, a quad of bytes) of each of 16 columns,
// which is how panels of packed weights lie; C is f32 or i32. simd/amx.h has the instructions.
#pragma once

#include "simd/common.h"

MIA_BEGIN

constexpr int kNumTiles = 8, kTileLines = 16, kLineBytes = 64;

// As LDTILECFG reads it.
struct TileConfig {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {};  // of a row
  uint8_t rows[16] = {};

  MIA_INLINE void Shape(int tile, int64_t row_count, int64_t row_bytes) {
    rows[tile] = static_cast<uint8_t>(row_count);
    bytes[tile] = static_cast<uint16_t>(row_bytes);
  }
};
static_assert(sizeof(TileConfig) == 64, "a configuration is a line");

MIA_END
