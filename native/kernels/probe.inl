// The probes of one ISA: see probe.h.
#pragma once

#include "kernels/matmul_kernel.inl"
#include "kernels/probe.h"

MIA_BEGIN

inline double ProbeFma(int64_t rounds) {
  // As many chains as matmul has sums: enough to hide the latency, and they fit the registers.
  constexpr int kChains = kTileRows<float> * kTileVecs<float>;
  Vec x[kChains];
  MIA_UNROLL_ALL for (int i = 0; i < kChains; i++) x[i] = Set(0.01f * static_cast<float>(i));
  const Vec scale = Set(0.999f), step = Set(0.001f);  // x tends to 1: no overflow, no denormals
  for (int64_t r = 0; r < rounds; r++) {
    MIA_UNROLL_ALL for (int i = 0; i < kChains; i++) x[i] = MulAdd(x[i], scale, step);
  }
  Vec sum = x[0];
  MIA_UNROLL_ALL for (int i = 1; i < kChains; i++) sum = Add(sum, x[i]);
  volatile float keep = SumOfLanes(sum);
  (void)keep;
  return 2.0 * kChains * kLanes * static_cast<double>(rounds);
}

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

const Probes kProbes = {ProbeFma, ProbeCopy, ProbeRead};

MIA_END
