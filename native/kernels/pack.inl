// Packing: copies a strided block of a matrix, converted, into the order in which the matmul kernels read it.
#pragma once

#include "kernels/blocks.inl"

MIA_BEGIN

// A matrix of A or B as it lies in memory: elements along k, and along rows of A or columns of B.
struct Source {
  const void* data;
  DType dtype;
  int64_t k_stride, stride;  // in elements
  int64_t inside = 0;        // k steps into the block at `data`, for blocks, which run along k

  Source From(int64_t k, int64_t j) const {
    const auto* const memory = static_cast<const char*>(data);
    if (!IsBlock(dtype)) {
      return {memory + (k * k_stride + j * stride) * DTypeBytes(dtype), dtype, k_stride, stride};
    }
    const int64_t along = inside + k, left = along % BlockElements(dtype);
    return {memory + BytesOf(dtype, along - left + j * stride), dtype, k_stride, stride, left};
  }
};

template <int... kIndex>
struct Indices {};
template <int kCount, int... kIndex>
struct MakeIndices : MakeIndices<kCount - 1, kCount - 1, kIndex...> {};
template <int... kIndex>
struct MakeIndices<0, kIndex...> {
  using Type = Indices<kIndex...>;
};

// Lanes kFirst, kFirst + 1, ... of a and b by turns.
template <int kFirst, int... kIndex>
MIA_INLINE Vec Interleave(Vec a, Vec b, Indices<kIndex...>) {
  return {__builtin_shufflevector(a.raw, b.raw, (kFirst + kIndex / 2 + kIndex % 2 * kLanes)...)};
}

// rows[i] lane j <-> rows[j] lane i: each of log2(kLanes) perfect shuffles moves one bit of the index.
MIA_INLINE void Transpose(Vec* rows) {
  if constexpr (kLanes > 1) {
    using All = typename MakeIndices<kLanes>::Type;
    MIA_UNROLL_ALL for (int bit = 1; bit < kLanes; bit *= 2) {
      Vec old[kLanes];
      MIA_UNROLL_ALL for (int i = 0; i < kLanes; i++) old[i] = rows[i];
      MIA_UNROLL_ALL for (int i = 0; i < kLanes / 2; i++) {
        rows[2 * i] = Interleave<0>(old[i], old[i + kLanes / 2], All());
        rows[2 * i + 1] = Interleave<kLanes / 2>(old[i], old[i + kLanes / 2], All());
      }
    }
  }
}

// How f32 lanes are read from each storage type.
template <DType dtype>
struct FloatLoader {
  using Storage = float;
  static MIA_INLINE Vec Whole(const float* p) { return Load(p); }
};
template <>
struct FloatLoader<DType::k_f16> {
  using Storage = uint16_t;
  static MIA_INLINE Vec Whole(const uint16_t* p) { return LoadF16(p); }
};
template <>
struct FloatLoader<DType::k_bf16> {
  using Storage = uint16_t;
  static MIA_INLINE Vec Whole(const uint16_t* p) { return LoadBF16(p); }
};
template <DType dtype>
using FloatStorage = typename FloatLoader<dtype>::Storage;

// The first n lanes; the others are 0.
template <DType dtype>
[[gnu::noinline]] Vec LoadSome(const uint16_t* p, int n) {
  uint16_t part[kLanes] = {};
  memcpy(part, p, n * sizeof(uint16_t));
  return FloatLoader<dtype>::Whole(part);
}
template <DType dtype>
MIA_INLINE Vec LoadFirst(const FloatStorage<dtype>* p, int n) {
  if (n >= kLanes) return FloatLoader<dtype>::Whole(p);
  if constexpr (dtype == DType::k_f32) {
    return LoadPartial(p, n);
  } else {
    return LoadSome<dtype>(p, n);
  }
}

// dst[k][ld] = source(k, j) for k < depth and j < width. Whole vectors are stored: each row is filled with
// zeros up to a multiple of kLanes, or if ld is not one, the next row overwrites them and dst needs kLanes
// elements of slack.
template <DType dtype>
void PackFloats(float* dst, int64_t ld, const Source& source, int64_t depth, int64_t width) {
  using Storage = FloatStorage<dtype>;
  const Storage* src = static_cast<const Storage*>(source.data);
  if (source.stride == 1) {
    for (int64_t k = 0; k < depth; k++, src += source.k_stride, dst += ld) {
      int64_t j = 0;
      for (; j + kLanes <= width; j += kLanes) Store(dst + j, FloatLoader<dtype>::Whole(src + j));
      if (j < width) Store(dst + j, LoadFirst<dtype>(src + j, static_cast<int>(width - j)));
    }
    return;
  }
  for (int64_t j = 0; j < width; j += kLanes, dst += kLanes, src += kLanes * source.stride) {
    const int columns = static_cast<int>(width - j < kLanes ? width - j : kLanes);
    for (int64_t k = 0; k < depth; k += kLanes) {
      const int rows = static_cast<int>(depth - k < kLanes ? depth - k : kLanes);
      Vec block[kLanes];
      if (source.k_stride == 1) {
        MIA_UNROLL_ALL for (int i = 0; i < kLanes; i++) {
          block[i] = i < columns ? LoadFirst<dtype>(src + i * source.stride + k, rows) : Zero();
        }
        Transpose(block);
      } else {
        for (int i = 0; i < rows; i++) {
          float row[kLanes] = {};
          for (int c = 0; c < columns; c++) {
            row[c] = FromStorage<dtype, Storage, float>(src[c * source.stride + (k + i) * source.k_stride]);
          }
          block[i] = Load(row);
        }
      }
      MIA_UNROLL_ALL for (int i = 0; i < kLanes; i++) {
        if (i < rows) Store(dst + (k + i) * ld, block[i]);
      }
    }
  }
}

// The same for types that need no vector code; rows are filled with zeros up to ld.
template <DType dtype, class T, class Storage>
void PackNumbers(T* dst, int64_t ld, const Storage* src, const Source& source, int64_t depth, int64_t width) {
  for (int64_t k = 0; k < depth; k++, src += source.k_stride, dst += ld) {
    for (int64_t j = 0; j < width; j++) dst[j] = FromStorage<dtype, Storage, T>(src[j * source.stride]);
    for (int64_t j = width; j < ld; j++) dst[j] = 0;
  }
}

// The same for blocks along k.
MIA_NOINLINE void PackBlocks(float* dst, int64_t ld, const Source& source, int64_t depth, int64_t width) {
  const int64_t block = BlockElements(source.dtype), bytes = DTypeBytes(source.dtype);
  float numbers[kMaxBlock];
  for (int64_t j = 0; j < width; j++) {
    const char* from = static_cast<const char*>(source.data) + BytesOf(source.dtype, j * source.stride);
    for (int64_t k = -source.inside; k < depth; k += block, from += bytes) {
      DecodeBlocks(source.dtype, from, 1, numbers);
      const int64_t end = depth - k < block ? depth - k : block;
      for (int64_t i = k < 0 ? -k : 0; i < end; i++) dst[(k + i) * ld + j] = numbers[i];
    }
  }
  for (int64_t k = 0; k < depth; k++) {
    for (int64_t j = width; j < ld; j++) dst[k * ld + j] = 0;
  }
}

template <class A, class B>
constexpr bool kSame = false;
template <class A>
constexpr bool kSame<A, A> = true;

// T: what source's register type computes in, f32 f64 u32 u64 (integers wrap); f32 takes i8 and blocks, too. See
// PackFloats for ld.
template <class T>
void Pack(T* dst, int64_t ld, const Source& source, int64_t depth, int64_t width) {
  switch (source.dtype) {
#define X(name, storage, reg)                                                                               \
  case DType::k_##name:                                                                                     \
    if constexpr (kSame<T, float> && kSame<reg, float>) {                                                   \
      return PackFloats<DType::k_##name>(dst, ld, source, depth, width);                                    \
    } else if constexpr (kSame<T, Wrap<reg>> || (kSame<T, float> && kSame<storage, int8_t>)) {              \
      return PackNumbers<DType::k_##name>(dst, ld, static_cast<const storage*>(source.data), source, depth, \
                                          width);                                                           \
    }                                                                                                       \
    break;
#include "kernels/dtypes.def"
#undef X
    default:
      if constexpr (kSame<T, float>) return PackBlocks(dst, ld, source, depth, width);
  }
}

MIA_END
