// The probes of one ISA: see probe.h.
#pragma once

#include "kernels/matmul_kernel.inl"
#include "kernels/probe.h"

MIA_BEGIN

// Enough chains to hide the latency of two multiply-adds a cycle, and they fit the registers.
constexpr int kProbeChains = 12;

// rounds times x[i] = step(x[i]) for all chains.
template <class V, class Step>
MIA_INLINE void RunChains(V* x, int64_t rounds, Step step) {
  for (int64_t r = 0; r < rounds; r++) {
    MIA_UNROLL_ALL for (int i = 0; i < kProbeChains; i++) x[i] = step(x[i]);
  }
}
// Of chains of `products` multiply-adds a lane each round.
MIA_INLINE double ProbeOperations(int64_t rounds, int products) {
  return 2.0 * kProbeChains * kLanes * products * static_cast<double>(rounds);
}
MIA_INLINE void Keep(const Vec* x) {
  Vec sum = x[0];
  MIA_UNROLL_ALL for (int i = 1; i < kProbeChains; i++) sum = Add(sum, x[i]);
  volatile float keep = SumOfLanes(sum);
  (void)keep;
}

inline double ProbeFma(int64_t rounds) {
  Vec x[kProbeChains];
  MIA_UNROLL_ALL for (int i = 0; i < kProbeChains; i++) x[i] = Set(0.01f * static_cast<float>(i));
  const Vec scale = Set(0.999f), step = Set(0.001f);  // x tends to 1: no overflow, no denormals
  RunChains(x, rounds, [=](Vec v) { return MulAdd(v, scale, step); });
  Keep(x);
  return ProbeOperations(rounds, 1);
}

#ifdef MIA_HAS_TILES
// Products of whole tiles, four of C as in kernels.
template <class Dots>
double ProbeTiles(int64_t rounds, int numbers, Dots dots) {
  Tiles tiles;
  TileConfig config;
  for (int i = 0; i < kNumTiles; i++) config.Shape(i, kTileLines, kLineBytes);
  tiles.Configure(config);
  for (int64_t r = 0; r < rounds; r++) dots(tiles);
  return 2.0 * 4 * kTileLines * kTileLines * kTileLines * numbers * static_cast<double>(rounds);
}
inline double ProbeBytes(int64_t rounds) {
  return ProbeTiles(rounds, 4, [](Tiles& tiles) {
    tiles.DotQuads<0, 4, 6>();
    tiles.DotQuads<1, 4, 7>();
    tiles.DotQuads<2, 5, 6>();
    tiles.DotQuads<3, 5, 7>();
  });
}
inline double ProbePairs(int64_t rounds) {
  return ProbeTiles(rounds, 2, [](Tiles& tiles) {
    tiles.DotPairs<0, 4, 6>();
    tiles.DotPairs<1, 4, 7>();
    tiles.DotPairs<2, 5, 6>();
    tiles.DotPairs<3, 5, 7>();
  });
}
#else
inline double ProbeBytes(int64_t rounds) {
  VecI x[kProbeChains];
  Vec floats[kProbeChains];
  MIA_UNROLL_ALL for (int i = 0; i < kProbeChains; i++) x[i] = SetInt(i);
  const VecI w = SetInt(0x01020304), b = SetInt(0x04ff02fe);
  RunChains(x, rounds, [=](VecI v) { return DotQuads(v, w, b); });
  MIA_UNROLL_ALL for (int i = 0; i < kProbeChains; i++) floats[i] = FromInt(x[i]);
  Keep(floats);
  return ProbeOperations(rounds, 4);
}

#ifdef MIA_HAS_PAIRS
inline double ProbePairs(int64_t rounds) {
  Vec x[kProbeChains];
  MIA_UNROLL_ALL for (int i = 0; i < kProbeChains; i++) x[i] = Set(0.01f * static_cast<float>(i));
  const VecI a = SetInt(0x3f803f80), b = SetInt(0x3f80bf80);  // 1 1 and 1 -1
  RunChains(x, rounds, [=](Vec v) { return DotPairs(v, a, b); });
  Keep(x);
  return ProbeOperations(rounds, 2);
}
#else
constexpr double (*ProbePairs)(int64_t) = nullptr;
#endif
#endif

inline void ProbeCopy(void* dst, const void* src, size_t bytes) {
  constexpr size_t kPastCaches = size_t{8} << 20;
  float* const d = static_cast<float*>(dst);
  const float* const s = static_cast<const float*>(src);
  const size_t n = bytes / sizeof(float);
  if (bytes < kPastCaches) {
    for (size_t i = 0; i < n; i += kLanes) Store(d + i, Load(s + i));
  } else {
    for (size_t i = 0; i < n; i += kLanes) Stream(d + i, Load(s + i));
    StreamFence();
  }
}

inline int32_t ProbeRead(const void* src, size_t bytes) {
  constexpr int kSums = 8;
  const int32_t* const s = static_cast<const int32_t*>(src);
  VecI sum[kSums];
  MIA_UNROLL_ALL for (int i = 0; i < kSums; i++) sum[i] = SetInt(0);
  for (size_t at = 0; at < bytes / sizeof(int32_t); at += kSums * kLanes) {
    MIA_UNROLL_ALL for (int i = 0; i < kSums; i++) sum[i] = Add(sum[i], Load(s + at + i * kLanes));
  }
  int32_t lanes[kLanes];
  uint32_t total = 0;
  MIA_UNROLL_ALL for (int i = 0; i < kSums; i++) {
    Store(lanes, sum[i]);
    for (int j = 0; j < kLanes; j++) total += static_cast<uint32_t>(lanes[j]);
  }
  return static_cast<int32_t>(total);
}

const Probes kProbes = {ProbeFma, ProbeBytes, ProbePairs, ProbeCopy, ProbeRead};

MIA_END
