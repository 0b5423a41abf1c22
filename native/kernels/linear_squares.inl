// Matrix instructions of vector registers: two rows of A x two columns of B, 8 bytes along k of each, to C
// [2, 2]. In a register tile a row is two rows, and sums stay squares: C is [pairs of rows, columns] of two
// numbers.
#pragma once

#include "kernels/matmul_kernel.inl"

MIA_BEGIN

template <DType dtype>
struct Square {};

#ifdef MIA_HAS_SQUARES
struct SquareSide {  // 8 bytes along k of a row of A or a column of B
  int64_t bits;
};
struct SquareRows {
  SquareSide row[2];
};
struct SquareColumn {  // of two sums
  int32_t bits[2];
};
struct SquareSums {
  using A = SquareRows;
  using B = SquareSide;
  using C = SquareColumn;
  using W = VecI;
  static constexpr int kCount = 2;
  static MIA_INLINE W Set(const A& a) { return MIA_TARGET::Load(reinterpret_cast<const int32_t*>(&a)); }
  static MIA_INLINE W Load(const B* p) { return MIA_TARGET::Load(reinterpret_cast<const int32_t*>(p)); }
};
// C is scratch of whole squares: no part of one is ever stored.
template <>
struct Lanes<Square<DType::k_i8>> : SquareSums {
  using V = VecI;
  static MIA_INLINE V Zero() { return SetInt(0); }
  static MIA_INLINE V Add(V a, V b) { return MIA_TARGET::Add(a, b); }
  static MIA_INLINE V MulAdd(W a, W b, V c) { return DotSquares(c, a, b); }
  static MIA_INLINE V LoadSum(const C* p, int) { return MIA_TARGET::Load(p->bits); }
  static MIA_INLINE void Store(C* p, V v) { MIA_TARGET::Store(p->bits, v); }
  static MIA_INLINE void StorePartial(C* p, V v, int) { Store(p, v); }
};
template <>
struct Lanes<Square<DType::k_bf16>> : SquareSums {
  using V = Vec;
  static MIA_INLINE V Zero() { return MIA_TARGET::Zero(); }
  static MIA_INLINE V Add(V a, V b) { return MIA_TARGET::Add(a, b); }
  static MIA_INLINE V MulAdd(W a, W b, V c) { return DotSquares(c, a, b); }
  static MIA_INLINE V LoadSum(const C* p, int) { return FromBits(MIA_TARGET::Load(p->bits)); }
  static MIA_INLINE void Store(C* p, V v) { MIA_TARGET::Store(p->bits, BitsOf(v)); }
  static MIA_INLINE void StorePartial(C* p, V v, int) { Store(p, v); }
};
// 24 sums, 6 of B and one of A.
template <DType dtype>
constexpr int kTileRows<Square<dtype>> = 4;
template <DType dtype>
constexpr int kTileVecs<Square<dtype>> = 6;

// One of two rows of squares [cols] to C [width]: value(sums) is what its integers or floats stand for.
template <class Value>
MIA_INLINE void StoreSquareRow(float* c, const SquareColumn* squares, int second, int64_t width,
                               Value value) {
  for (int64_t j = 0; j < width; j += kLanes) {
    const VecI a = Load(squares[j].bits), b = Load(squares[j + 2].bits);
    const Vec row = value(second ? SecondRow(a, b) : FirstRow(a, b));
    if (width - j >= kLanes) {
      Store(c + j, row);
    } else {
      StorePartial(c + j, row, static_cast<int>(width - j));
    }
  }
}
#endif

MIA_END
