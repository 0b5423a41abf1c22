// Between storage types in memory and register types, over any number of elements, and copies that bypass the caches.
#pragma once

#include "kernels/kernels.h"
#include "simd/plain.h"

MIA_BEGIN

// Of an element, or of a block.
MIA_INLINE int DTypeBytes(DType dtype) {
  constexpr uint8_t sizes[] = {
#define X(name, storage, reg) sizeof(storage),
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) bytes,
#include "kernels/blocks.def"
#undef X
  };
  return sizes[static_cast<int>(dtype)];
}
// 1, or those of a block.
MIA_INLINE int BlockElements(DType dtype) {
  constexpr uint16_t counts[] = {
#define X(name, storage, reg) 1,
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) elements,
#include "kernels/blocks.def"
#undef X
  };
  return counts[static_cast<int>(dtype)];
}
MIA_INLINE bool IsBlock(DType dtype) { return BlockElements(dtype) > 1; }
// Bytes of a stretch of whole blocks.
MIA_INLINE int64_t BytesOf(DType dtype, int64_t elements) {
  return elements / BlockElements(dtype) * DTypeBytes(dtype);
}
// Blocks decode to f32.
MIA_INLINE Reg RegOf(DType dtype) {
  constexpr Reg regs[] = {
#define X(name, storage, reg) Reg::k_##reg,
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) Reg::k_f32,
#include "kernels/blocks.def"
#undef X
  };
  return regs[static_cast<int>(dtype)];
}
template <class T>
constexpr Reg kReg = Reg::k_f32;
template <>
constexpr Reg kReg<f64> = Reg::k_f64;
template <>
constexpr Reg kReg<i32> = Reg::k_i32;
template <>
constexpr Reg kReg<u32> = Reg::k_u32;
template <>
constexpr Reg kReg<i64> = Reg::k_i64;
template <>
constexpr Reg kReg<u64> = Reg::k_u64;
MIA_INLINE int RegBytes(Reg reg) { return reg == Reg::k_f32 || reg == Reg::k_i32 || reg == Reg::k_u32 ? 4 : 8; }

// Is a register of this type the same bytes as memory of this dtype?
MIA_INLINE bool SameAsRegister(DType dtype) {
  constexpr bool same[] = {
#define X(name, storage, reg) DType::k_##name == DType::k_##reg,
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) false,
#include "kernels/blocks.def"
#undef X
  };
  return same[static_cast<int>(dtype)];
}

template <DType dtype, class Storage, class T>
MIA_INLINE T FromStorage(Storage x) {
  if constexpr (dtype == DType::k_f16) return HalfToFloat(x);
  if constexpr (dtype == DType::k_bf16) return BFloatToFloat(x);
  if constexpr (dtype == DType::k_bool) return x != 0;
  return static_cast<T>(x);
}
template <DType dtype, class Storage, class T>
MIA_INLINE Storage ToStorage(T x) {
  if constexpr (dtype == DType::k_f16) return FloatToHalf(x);
  if constexpr (dtype == DType::k_bf16) return FloatToBFloat(x);
  if constexpr (dtype == DType::k_bool) return x != 0;
  return static_cast<Storage>(x);
}

template <DType dtype, class Storage, class T>
void LoadConverted(T* dst, const Storage* src, int64_t n) {
  int64_t i = 0;
  if constexpr (dtype == DType::k_f16) {
    for (; i + kLanes <= n; i += kLanes) Store(dst + i, LoadF16(src + i));
  }
  if constexpr (dtype == DType::k_bf16) {
    for (; i + kLanes <= n; i += kLanes) Store(dst + i, LoadBF16(src + i));
  }
  for (; i < n; i++) dst[i] = FromStorage<dtype, Storage, T>(src[i]);
}
template <DType dtype, class Storage, class T>
void StoreConverted(Storage* dst, const T* src, int64_t n) {
  int64_t i = 0;
  if constexpr (dtype == DType::k_f16) {
    for (; i + kLanes <= n; i += kLanes) StoreF16(dst + i, Load(src + i));
  }
  if constexpr (dtype == DType::k_bf16) {
    for (; i + kLanes <= n; i += kLanes) StoreBF16(dst + i, Load(src + i));
  }
  for (; i < n; i++) dst[i] = ToStorage<dtype, Storage, T>(src[i]);
}

// dst: n elements of dtype's register type; src: n elements of dtype, which is not of blocks. They do not overlap.
MIA_NOINLINE void FromMemory(DType dtype, void* dst, const void* src, int64_t n) {
  switch (dtype) {
#define X(name, storage, reg)                                                                                     \
  case DType::k_##name:                                                                                           \
    if constexpr (DType::k_##name == DType::k_##reg) {                                                            \
      memcpy(dst, src, n * sizeof(storage));                                                                      \
    } else {                                                                                                      \
      LoadConverted<DType::k_##name>(static_cast<reg*>(dst), static_cast<const storage*>(src), n);                \
    }                                                                                                             \
    break;
#include "kernels/dtypes.def"
#undef X
    default: break;
  }
}
MIA_NOINLINE void ToMemory(DType dtype, void* dst, const void* src, int64_t n) {
  switch (dtype) {
#define X(name, storage, reg)                                                                                     \
  case DType::k_##name:                                                                                           \
    if constexpr (DType::k_##name == DType::k_##reg) {                                                            \
      memcpy(dst, src, n * sizeof(storage));                                                                      \
    } else {                                                                                                      \
      StoreConverted<DType::k_##name>(static_cast<storage*>(dst), static_cast<const reg*>(src), n);               \
    }                                                                                                             \
    break;
#include "kernels/dtypes.def"
#undef X
    default: break;
  }
}

// A copy for memory much larger than the caches: reading the old contents of dst's lines would cost as much again.
MIA_NOINLINE void StreamBytes(void* dst, const void* src, size_t bytes) {
  constexpr size_t kBytes = kLanes * sizeof(float);
  float* d = static_cast<float*>(dst);
  const float* s = static_cast<const float*>(src);
  size_t i = 0;
  if (reinterpret_cast<uintptr_t>(dst) % kBytes == 0) {
    for (; i + kBytes <= bytes; i += kBytes) Stream(d + i / sizeof(float), Load(s + i / sizeof(float)));
  }
  memcpy(static_cast<char*>(dst) + i, static_cast<const char*>(src) + i, bytes - i);
}

MIA_END
