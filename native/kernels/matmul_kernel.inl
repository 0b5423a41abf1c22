// The register tile of matmul: kRows x kVecs vectors of C stay in registers while k runs.
#pragma once

#include "kernels/pack.inl"

MIA_BEGIN

// Vectors of T: the ISA's own for f32; for the others the compiler's, as wide. Integers are unsigned: they
// wrap.
template <class T>
struct Lanes {
  static constexpr int kBytes = kLanes * 4 < 16 ? 16 : kLanes * 4;
  static constexpr int kCount = kBytes / static_cast<int>(sizeof(T));
  typedef T V __attribute__((vector_size(kBytes)));
  static MIA_INLINE V Zero() { return V{}; }
  static MIA_INLINE V Set(T x) { return x - V{}; }  // not + V{}: -0 + 0 is 0
  static MIA_INLINE V Load(const T* p) {
    V v;
    memcpy(&v, p, kBytes);
    return v;
  }
  static MIA_INLINE V Add(V a, V b) { return a + b; }
  static MIA_INLINE V MulAdd(V a, V b, V c) { return a * b + c; }
  static MIA_INLINE void Store(T* p, V v) { memcpy(p, &v, kBytes); }
  static MIA_INLINE V LoadPartial(const T* p, int n) {
    V v = {};
    memcpy(&v, p, n * sizeof(T));
    return v;
  }
  static MIA_INLINE void StorePartial(T* p, V v, int n) { memcpy(p, &v, n * sizeof(T)); }
};
template <>
struct Lanes<float> {
  static constexpr int kCount = kLanes;
  using V = Vec;
  static MIA_INLINE V Zero() { return MIA_TARGET::Zero(); }
  static MIA_INLINE V Set(float x) { return MIA_TARGET::Set(x); }
  static MIA_INLINE V Load(const float* p) { return MIA_TARGET::Load(p); }
  static MIA_INLINE V Add(V a, V b) { return MIA_TARGET::Add(a, b); }
  static MIA_INLINE V MulAdd(V a, V b, V c) { return MIA_TARGET::MulAdd(a, b, c); }
  static MIA_INLINE void Store(float* p, V v) { MIA_TARGET::Store(p, v); }
  static MIA_INLINE V LoadPartial(const float* p, int n) { return MIA_TARGET::LoadPartial(p, n); }
  static MIA_INLINE void StorePartial(float* p, V v, int n) { MIA_TARGET::StorePartial(p, v, n); }
};

// f32: 32 vector registers hold 24 sums, 4 of B and a broadcast of A (AVX-512) or 24 + 3 + 1 (NEON); 16 hold
// 12 + 2 + 1 (AVX2) or 8 + 4 + 1 (scalar). Each k then needs fewer loads than two a multiply-add. The others
// just share the code.
template <class T>
constexpr int kTileRows = 4;
template <>
constexpr int kTileRows<float> = kLanes == 4   ? 8
                                 : kLanes == 1 ? 2
                                               : 6;
template <class T>
constexpr int kTileVecs = 2;
template <>
constexpr int kTileVecs<float> = kLanes == 8   ? 2
                                 : kLanes == 4 ? 3
                                               : 4;
template <class T>
constexpr int kTileCols = kTileVecs<T> * Lanes<T>::kCount;

// Memory that is wanted soon. A tile asks for four lines of it every kAheadSteps of k, so that they come
// while it computes: asked for at once, they would fill the queue in front of its own loads.
struct Ahead {
  const char* at;
  int64_t line, step;  // bytes between the four lines, and to the next four
};
constexpr int kAheadSteps = 32;

// C[kRows, columns] = A[kRows, depth] B[depth, columns] (+ C if add).
template <class T>
struct TileWork {
  int64_t depth;
  const T* a;
  int64_t a_row, a_k;
  const T* b;  // [depth, whole vectors]
  int64_t b_k;
  T* c;
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
  using V = typename L::V;
  constexpr int kCount = L::kCount;
  constexpr int kLast = (kVecs - 1) * kCount;
  const int64_t depth = work.depth, c_row = work.c_row;
  T* const c = work.c;
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
  const int64_t a_row = work.a_row * sizeof(T), a_k = work.a_k * sizeof(T), b_k = work.b_k * sizeof(T);
  V sum[kRows][kVecs];
  MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
    MIA_UNROLL_ALL for (int j = 0; j < kVecs; j++) sum[i][j] = L::Zero();
  }
  for (int64_t k = 0; k < depth;) {
    MIA_UNROLL_ALL for (int i = 0; i < 4; i++) __builtin_prefetch(ahead + i * work.ahead.line, 0, 2);
    ahead += work.ahead.step;
    const int64_t end = k + kAheadSteps < depth ? k + kAheadSteps : depth;
    MIA_UNROLL_BY_2 for (; k < end; k++) {
      V row[kVecs];
      MIA_UNROLL_ALL for (int j = 0; j < kVecs; j++) row[j] =
          L::Load(reinterpret_cast<const T*>(b) + j * kCount);
      MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
        const V x = L::Set(*reinterpret_cast<const T*>(a + i * a_row));
        MIA_UNROLL_ALL for (int j = 0; j < kVecs; j++) sum[i][j] = L::MulAdd(x, row[j], sum[i][j]);
      }
      a += a_k;
      b += b_k;
    }
  }
  const int last = work.last;
  MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
    T* const out = c + i * c_row;
    if (work.add) {
      MIA_UNROLL_ALL for (int j = 0; j < kVecs - 1; j++) sum[i][j] =
          L::Add(sum[i][j], L::Load(out + j * kCount));
      const V old = last == kCount ? L::Load(out + kLast) : L::LoadPartial(out + kLast, last);
      sum[i][kVecs - 1] = L::Add(sum[i][kVecs - 1], old);
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
