// pack.<format>: weights B into the image that linear.<format> reads. ints [N, K]; views [B (dims K, N),
// image]. B is of the format's dtype; its blocks run along k. The image is ImageBytes in words (u32). Units:
// panels.
#pragma once

#include "kernels/indices.inl"
#include "kernels/linear_formats.inl"
#include "kernels/pack.inl"

MIA_BEGIN

// As weights are stored in an image.
MIA_INLINE uint16_t InImage(uint16_t half) { return half; }
MIA_INLINE uint8_t InImage(int8_t value) { return static_cast<uint8_t>(value + kByteOffset); }

// Columns [0, width) of B, all of its k steps.
template <class F>
void PackNumbers(char* panel, const Source& b, int64_t k, int64_t width) {
  using Number = typename F::Number;
  using Out = decltype(InImage(Number{}));
  constexpr int kPer = F::kPerStep;
  const Number* const from = static_cast<const Number*>(b.data);
  for (int64_t row = 0; row < F::StepsOf(k) * kPer; row++) {
    Out* const line = reinterpret_cast<Out*>(panel) + row / kPer * F::kCols * kPer + row % kPer;
    for (int64_t j = 0; j < F::kCols; j++) {
      line[j * kPer] = InImage(row < k && j < width ? from[row * b.k_stride + j * b.stride] : Number{0});
    }
  }
}

// One column of one group: from a block as GGUF has it, to column j of the group at p.
MIA_INLINE void PutQuad(char* quads, int quad, int j, const uint8_t* bytes) {
  memcpy(quads + (quad * kBlockCols + j) * 4, bytes, 4);
}
MIA_INLINE void PackColumn(Q8Format, char* p, int j, const uint8_t* block) {
  memcpy(p + 2 * j, block, 2);
  for (int quad = 0; quad < 8; quad++) {
    uint8_t bytes[4];
    for (int i = 0; i < 4; i++) bytes[i] = InImage(static_cast<int8_t>(block[2 + quad * 4 + i]));
    PutQuad(p + 2 * kBlockCols, quad, j, bytes);
  }
}
// A block of q4_0 has elements i and i + 16 in one byte, as quads l and l + 4 need them.
MIA_INLINE void PackColumn(Q4Format, char* p, int j, const uint8_t* block) {
  memcpy(p + 2 * j, block, 2);
  for (int load = 0; load < 4; load++) PutQuad(p + 2 * kBlockCols, load, j, block + 2 + load * 4);
}
// Block: f16 d, f16 dmin, 12 bytes of 6-bit scales and mins, 128 bytes of nibbles: those of 32-blocks 2i
// (low) and 2i + 1 (high) share 32 bytes.
MIA_INLINE void PackColumn(Q4KFormat, char* p, int j, const uint8_t* block) {
  memcpy(p + 2 * j, block, 2);
  memcpy(p + 2 * (kBlockCols + j), block + 2, 2);
  const uint8_t* const packed = block + 4;
  for (int b = 0; b < 8; b++) {
    char* const at = p + (4 + b * Q4KFormat::kBlockBytes) * kBlockCols;
    const bool first = b < 4;
    const int scale = first ? packed[b] & 63 : (packed[b + 4] & 15) | (packed[b - 4] >> 6) << 4;
    const int min = first ? packed[b + 4] & 63 : packed[b + 4] >> 4 | (packed[b] >> 6) << 4;
    at[j] = static_cast<char>(scale);
    at[kBlockCols + j] = static_cast<char>(min);
    const uint8_t* const nibbles = block + 16 + b / 2 * 32;
    for (int load = 0; load < 4; load++) {
      uint8_t bytes[4];
      for (int i = 0; i < 4; i++) {
        const uint8_t low = nibbles[load * 4 + i], high = nibbles[16 + load * 4 + i];
        bytes[i] =
            static_cast<uint8_t>(b % 2 == 0 ? (low & 15) | (high & 15) << 4 : low >> 4 | (high >> 4) << 4);
      }
      PutQuad(at + 2 * kBlockCols, load, j, bytes);
    }
  }
}
// Block: 128 bytes of low nibbles, 64 bytes of two high bits, 16 scales, f16 d. Of each half (128 elements),
// element 32 q + i has its nibble in byte 32 (q % 2) + i, low for q < 2, and its high bits at 2 q in byte i.
MIA_INLINE void PackColumn(Q6KFormat, char* p, int j, const uint8_t* block) {
  memcpy(p + 2 * j, block + 208, 2);
  for (int b = 0; b < 16; b++) {
    char* const at = p + (2 + b * Q6KFormat::kBlockBytes) * kBlockCols;
    at[j] = static_cast<char>(block[192 + b]);
    for (int quad = 0; quad < 4; quad++) {
      uint8_t bytes[4];
      for (int i = 0; i < 4; i++) {
        const int element = b * 16 + quad * 4 + i, half = element / 128, q = element % 128 / 32,
                  at32 = element % 32;
        const int nibble = block[half * 64 + q % 2 * 32 + at32] >> (q < 2 ? 0 : 4) & 15;
        const int high = block[128 + half * 32 + at32] >> (2 * q) & 3;
        bytes[i] = InImage(static_cast<int8_t>((nibble | high << 4) - 32));
      }
      PutQuad(at + kBlockCols, quad, j, bytes);
    }
  }
}

// blocks: of column j0; column_bytes apart.
template <class F>
void PackBlocks(char* panel, const uint8_t* blocks, int64_t column_bytes, int64_t groups, int64_t width) {
  constexpr int64_t kGroupBytes = F::kBytes * kBlockCols;
  if (width < kBlockCols) memset(panel, 0, static_cast<size_t>(groups * kGroupBytes));
  for (int64_t g = 0; g < groups; g++) {
    for (int64_t j = 0; j < width; j++) {
      PackColumn(F(), panel + g * kGroupBytes, static_cast<int>(j),
                 blocks + j * column_bytes + g * F::kStored);
    }
  }
}

template <class F>
Work PackWork(const Step& step, int) {
  const int64_t n = step.ints[0], k = step.ints[1];
  return {BlocksOf(n, ColsOf<F>()), 1, static_cast<double>(ColsOf<F>() * k) * 0.3};
}

template <class F>
void PackRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const int64_t n = step.ints[0], k = step.ints[1];
  const View &b = step.views[0], &image = step.views[1];
  char* const out = frame.base[image.loc] + BytesOf(image.dtype, image.offset);
  for (int64_t panel = begin; panel < end; panel++) {
    const int64_t j0 = panel * ColsOf<F>(), width = MinOf(ColsOf<F>(), n - j0);
    char* const to = out + panel * PanelBytesOf<F>(k);
    if constexpr (F::kBlocks) {
      const auto* const blocks =
          reinterpret_cast<const uint8_t*>(frame.base[b.loc]) + BytesOf(b.dtype, b.offset);
      const int64_t column_bytes = BytesOf(b.dtype, StrideAt(b, 1));
      PackBlocks<F>(to, blocks + j0 * column_bytes, column_bytes, k / F::kGroup, width);
    } else {
      const Source all{frame.base[b.loc] + b.offset * DTypeBytes(b.dtype), b.dtype, StrideAt(b, 0),
                       StrideAt(b, 1)};
      if constexpr (F::kDType == DType::k_f32) {
        Pack(reinterpret_cast<float*>(to), F::kCols, all.From(0, j0), k, width);
      } else {
        PackNumbers<F>(to, all.From(0, j0), k, width);
      }
    }
  }
}

template <class F>
bool IsImage(const View& view, int64_t n, int64_t k) {
  return view.dtype == DType::k_u32 && view.access == Access::kLinear &&
         BytesOf(view.dtype, view.count) == ImageBytes<F>(n, k);
}

template <class F>
const char* PackCheck(const Step& step) {
  if (step.num_ints != 2 || step.num_views != 2) return "pack takes ints [N, K] and views [B, image]";
  const int64_t n = step.ints[0], k = step.ints[1];
  const View &b = step.views[0], &image = step.views[1];
  const int64_t sizes[] = {n, k, 8};
  if (SizeProduct(sizes, 3) < 1) return "pack: a size is out of range";
  const int64_t dims[] = {k, n};
  if (b.dtype != F::kDType || !HasDims(b, dims, 2)) return "pack: B is not [K, N] of the format";
  if (F::kBlocks && (k % F::kGroup != 0 || StrideAt(b, 0) != 1)) return "pack: blocks do not run along K";
  return IsImage<F>(image, n, k) ? nullptr : "pack: the image is not words in a row, or of another size";
}

MIA_END
