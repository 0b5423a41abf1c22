// The register tile of matmul: kRows x kVecs vectors of C stay in registers while k runs.
#pragma once

#include "kernels/pack.inl"

MIA_BEGIN

// One kind of product of a register tile. Elements of A are broadcast, elements of B come as vectors, sums are vectors
// of C's elements. T is the type of all three; where they differ it is a tag. Vectors are the ISA's own for f32, for
// the others the compiler's, as wide. Integers are unsigned: they wrap.
template <class T>
struct Lanes {
  using A = T;
  using B = T;
  using C = T;
  static constexpr int kBytes = kLanes * 4 < 16 ? 16 : kLanes * 4;
  static constexpr int kCount = kBytes / static_cast<int>(sizeof(T));
  typedef T V __attribute__((vector_size(kBytes)));
  using W = V;  // of A and B
  static MIA_INLINE V Zero() { return V{}; }
  static MIA_INLINE V Set(T x) { return x - V{}; }  // not + V{}: -0 + 0 is 0
  static MIA_INLINE V Load(const T* p) {
    V v;
    memcpy(&v, p, kBytes);
    return v;
  }
  static MIA_INLINE V Add(V a, V b) { return a + b; }
  static MIA_INLINE V MulAdd(V a, V b, V c) { return a * b + c; }
  static MIA_INLINE V LoadSum(const T* p, int n) {
    V v = {};
    memcpy(&v, p, n * sizeof(T));
    return v;
  }
  static MIA_INLINE void Store(T* p, V v) { memcpy(p, &v, kBytes); }
  static MIA_INLINE void StorePartial(T* p, V v, int n) { memcpy(p, &v, n * sizeof(T)); }
};
// Sums of f32.
struct FloatSums {
  using C = float;
  static constexpr int kCount = kLanes;
  using V = Vec;
  static MIA_INLINE V Zero() { return MIA_TARGET::Zero(); }
  static MIA_INLINE V Add(V a, V b) { return MIA_TARGET::Add(a, b); }
  static MIA_INLINE V LoadSum(const float* p, int n) { return n == kLanes ? MIA_TARGET::Load(p) : LoadPartial(p, n); }
  static MIA_INLINE void Store(float* p, V v) { MIA_TARGET::Store(p, v); }
  static MIA_INLINE void StorePartial(float* p, V v, int n) { MIA_TARGET::StorePartial(p, v, n); }
};
template <>
struct Lanes<float> : FloatSums {
  using A = float;
  using B = float;
  using W = Vec;
  static MIA_INLINE W Set(float x) { return MIA_TARGET::Set(x); }
  static MIA_INLINE W Load(const float* p) { return MIA_TARGET::Load(p); }
  static MIA_INLINE V MulAdd(W a, W b, V c) { return MIA_TARGET::MulAdd(a, b, c); }
};
// f32 by halves that are widened as they are loaded.
template <DType dtype>
struct Narrow {};
template <DType dtype>
struct Lanes<Narrow<dtype>> : Lanes<float> {
  using B = uint16_t;
  static MIA_INLINE W Load(const uint16_t* p) { return FloatLoader<dtype>::Whole(p); }
};
// Pairs of bf16 along k, multiplied as they are.
struct Pair {
  int32_t bits;
};
#ifdef MIA_HAS_PAIRS
template <>
struct Lanes<Pair> : FloatSums {
  using A = Pair;
  using B = Pair;
  using W = VecI;
  static MIA_INLINE W Set(Pair x) { return SetInt(x.bits); }
  static MIA_INLINE W Load(const Pair* p) { return MIA_TARGET::Load(&p->bits); }
  static MIA_INLINE V MulAdd(W a, W b, V c) { return DotPairs(c, a, b); }
};
#endif
// Four bytes along k: see DotQuads.
struct Quad {
  int32_t bits;
};
template <>
struct Lanes<Quad> {
  using A = Quad;
  using B = Quad;
  using C = int32_t;
  static constexpr int kCount = kLanes;
  using V = VecI;
  using W = VecI;
  static MIA_INLINE V Zero() { return SetInt(0); }
  static MIA_INLINE W Set(Quad x) { return SetInt(x.bits); }
  static MIA_INLINE W Load(const Quad* p) { return MIA_TARGET::Load(&p->bits); }
  static MIA_INLINE V Add(V a, V b) { return MIA_TARGET::Add(a, b); }
  static MIA_INLINE V MulAdd(W a, W b, V c) { return DotQuads(c, b, a); }
  static MIA_INLINE V LoadSum(const int32_t* p, int n) {
    return BitsOf(FloatSums::LoadSum(reinterpret_cast<const float*>(p), n));
  }
  static MIA_INLINE void Store(int32_t* p, V v) { MIA_TARGET::Store(p, v); }
  static MIA_INLINE void StorePartial(int32_t* p, V v, int n) {
    MIA_TARGET::StorePartial(reinterpret_cast<float*>(p), FromBits(v), n);
  }
};
template <class T>
constexpr bool kFloatTile = false;
template <>
constexpr bool kFloatTile<float> = true;
template <DType dtype>
constexpr bool kFloatTile<Narrow<dtype>> = true;
template <>
constexpr bool kFloatTile<Pair> = true;
template <>
constexpr bool kFloatTile<Quad> = true;

// f32: 32 vector registers hold 24 sums, 4 of B and a broadcast of A (AVX-512) or 24 + 3 + 1 (NEON); 16 hold
// 12 + 2 + 1 (AVX2) or 8 + 4 + 1 (scalar). Each k then needs fewer loads than two a multiply-add. Products with as
// many lanes cut alike; the others just share the code.
template <class T>
constexpr int kTileRows = !kFloatTile<T> ? 4 : kLanes == 4 ? 8 : kLanes == 1 ? 2 : 6;
template <class T>
constexpr int kTileVecs = !kFloatTile<T> ? 2 : kLanes == 8 ? 2 : kLanes == 4 ? 3 : 4;
template <class T>
constexpr int kTileCols = kTileVecs<T> * Lanes<T>::kCount;

// Memory that is wanted soon. A tile asks for four lines of it every kAheadSteps of k, so that they come
// while it computes: asked for at once, they would fill the queue in front of its own loads.
struct Ahead {
  const char* at;
  int64_t line, step;  // bytes between the four lines, and to the next four
};
constexpr int kAheadSteps = 16;

// C[kRows, columns] = A[kRows, depth] B[depth, columns] (+ C if add).
template <class T>
struct TileWork {
  int64_t depth;
  const typename Lanes<T>::A* a;
  int64_t a_row, a_k;
  const typename Lanes<T>::B* b;  // [depth, whole vectors]
  int64_t b_k;
  typename Lanes<T>::C* c;
  int64_t c_row;
  int last;  // how many lanes of the last vector are columns of C
  bool add;
  Ahead ahead;
};
template <class T>
using TileKernel = void (*)(const TileWork<T>& work);
template <class T, int kRows, int kVecs>
void MultiplyTile(const TileWork<T>& work) {
  using L = Lanes<T>;
  using A = typename L::A;
  using B = typename L::B;
  using C = typename L::C;
  using V = typename L::V;
  using W = typename L::W;
  constexpr int kCount = L::kCount;
  constexpr int kLast = (kVecs - 1) * kCount;
  const int64_t depth = work.depth, c_row = work.c_row;
  C* const c = work.c;
  // C is read when the sums are ready; by then it should be here.
  if (depth >= 64) {
    MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
      MIA_UNROLL_ALL for (int j = 0; j < kVecs; j++) __builtin_prefetch(c + i * c_row + j * kCount, 1);
    }
  }
  // Strides in bytes: gcc would compile the loop again for elements next to each other.
  const char* a = reinterpret_cast<const char*>(work.a);
  const char* b = reinterpret_cast<const char*>(work.b);
  const char* ahead = work.ahead.at;
  const int64_t a_row = work.a_row * sizeof(A), a_k = work.a_k * sizeof(A), b_k = work.b_k * sizeof(B);
  V sum[kRows][kVecs];
  MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
    MIA_UNROLL_ALL for (int j = 0; j < kVecs; j++) sum[i][j] = L::Zero();
  }
  for (int64_t k = 0; k < depth;) {
    MIA_UNROLL_ALL for (int i = 0; i < 4; i++) __builtin_prefetch(ahead + i * work.ahead.line, 0, 2);
    ahead += work.ahead.step;
    const int64_t end = k + kAheadSteps < depth ? k + kAheadSteps : depth;
    MIA_UNROLL_BY_2 for (; k < end; k++) {
      W row[kVecs];
      MIA_UNROLL_ALL for (int j = 0; j < kVecs; j++) row[j] =
          L::Load(reinterpret_cast<const B*>(b) + j * kCount);
      MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
        const W x = L::Set(*reinterpret_cast<const A*>(a + i * a_row));
        MIA_UNROLL_ALL for (int j = 0; j < kVecs; j++) sum[i][j] = L::MulAdd(x, row[j], sum[i][j]);
      }
      a += a_k;
      b += b_k;
    }
  }
  const int last = work.last;
  MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
    C* const out = c + i * c_row;
    if (work.add) {
      MIA_UNROLL_ALL for (int j = 0; j < kVecs - 1; j++) sum[i][j] =
          L::Add(sum[i][j], L::LoadSum(out + j * kCount, kCount));
      sum[i][kVecs - 1] = L::Add(sum[i][kVecs - 1], L::LoadSum(out + kLast, last));
    }
    MIA_UNROLL_ALL for (int j = 0; j < kVecs - 1; j++) L::Store(out + j * kCount, sum[i][j]);
    if (last == kCount) {
      L::Store(out + kLast, sum[i][kVecs - 1]);
    } else {
      L::StorePartial(out + kLast, sum[i][kVecs - 1], last);
    }
  }
}

template <class T, class Index>
struct TileKernels;
template <class T, int... kIndex>
struct TileKernels<T, Indices<kIndex...>> {
  static constexpr TileKernel<T> kAll[] = {
      MultiplyTile<T, kIndex / kTileVecs<T> + 1, kIndex % kTileVecs<T> + 1>...};
};
template <class T>
MIA_INLINE TileKernel<T> FindTileKernel(int rows, int vecs) {
  using All = TileKernels<T, typename MakeIndices<kTileRows<T> * kTileVecs<T>>::Type>;
  return All::kAll[(rows - 1) * kTileVecs<T> + vecs - 1];
}

MIA_END
