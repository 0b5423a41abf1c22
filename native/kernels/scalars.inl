// One loop per instruction of scalars.def over the elements of a tile. Counts are multiples of kStep: registers have
// room for it, and what the last lanes compute is never read. dst may be exactly one of the operands.
#pragma once

#include "kernels/kernels.h"
#include "simd/math.h"
#include "simd/plain.h"
#include "simd/wide.h"

MIA_BEGIN

constexpr int kStep = 16;  // elements; a multiple of every ISA's kLanes
static_assert(kStep % kLanes == 0 && kTile % kStep == 0, "tiles are whole steps");

#define MIA_ASSUME_STEPS(n) \
  if ((n) % kStep != 0 || (n) <= 0) __builtin_unreachable()

using TileOp = void (*)(void* dst, const void* a, const void* b, const void* c, int n);

// On f32 lanes; the other types' functions are in plain.h.
MIA_INLINE Vec Sign(Vec a) {
  const Vec nonzero = Select(Lt(Zero(), a), Set(1), a);
  return Select(Lt(a, Zero()), Set(-1), nonzero);
}
MIA_INLINE Vec One(Vec) { return Set(1); }
MIA_INLINE double One(double) { return 1; }
MIA_INLINE Vec RoundF16(Vec a) {
  uint16_t halves[kLanes];
  StoreF16(halves, a);
  return LoadF16(halves);
}
MIA_INLINE Vec RoundBF16(Vec a) {
  uint16_t halves[kLanes];
  StoreBF16(halves, a);
  return LoadBF16(halves);
}

// A function of each name, for vectors of f32 and single numbers alike.
#define MIA_OP1(Name, expression)   \
  struct Name##Op {                 \
    template <class V>              \
    static MIA_INLINE V Call(V a) { \
      return expression;            \
    }                               \
  };
#define MIA_OP2(Name, expression)        \
  struct Name##Op {                      \
    template <class V>                   \
    static MIA_INLINE V Call(V a, V b) { \
      return expression;                 \
    }                                    \
  };
MIA_OP1(Move, a)
MIA_OP1(Neg, Neg(a))
MIA_OP1(Abs, Abs(a))
MIA_OP1(Sign, Sign(a))
MIA_OP1(Sqrt, Sqrt(a))
MIA_OP1(Rsqrt, Div(One(a), Sqrt(a)))
MIA_OP1(Recip, Div(One(a), a))
MIA_OP1(Floor, Floor(a))
MIA_OP1(Ceil, Ceil(a))
MIA_OP1(Round, Round(a))
MIA_OP1(Exp, Exp(a))
MIA_OP1(Log, Log(a))
MIA_OP1(Tanh, Tanh(a))
MIA_OP1(Erf, Erf(a))
MIA_OP1(Sin, Sin(a))
MIA_OP1(Cos, Cos(a))
MIA_OP1(RoundF16, RoundF16(a))
MIA_OP1(RoundBF16, RoundBF16(a))
MIA_OP1(Not, a == 0)
MIA_OP2(Add, Add(a, b))
MIA_OP2(Sub, Sub(a, b))
MIA_OP2(Mul, Mul(a, b))
MIA_OP2(Div, Div(a, b))
MIA_OP2(Mod, Mod(a, b))
MIA_OP2(Pow, Pow(a, b))
MIA_OP2(Min, MinNan(a, b))
MIA_OP2(Max, MaxNan(a, b))
MIA_OP2(BitAnd, a& b)
MIA_OP2(BitOr, a | b)
MIA_OP2(BitXor, a ^ b)
#undef MIA_OP1
#undef MIA_OP2

#define MIA_COMPARISON(Name, op)                                   \
  struct Name##Op {                                                \
    static MIA_INLINE Mask Call(Vec a, Vec b) { return Name(a, b); } \
    template <class T>                                             \
    static MIA_INLINE bool Call(T a, T b) {                        \
      return a op b;                                               \
    }                                                              \
  };
MIA_COMPARISON(Eq, ==)
MIA_COMPARISON(Ne, !=)
MIA_COMPARISON(Lt, <)
MIA_COMPARISON(Le, <=)
#undef MIA_COMPARISON

template <class T>
constexpr bool kIsVec = false;
template <>
constexpr bool kIsVec<f32> = true;

template <class T, class Op>
void UnaryLoop(void* dst, const void* a, const void*, const void*, int n) {
  MIA_ASSUME_STEPS(n);
  T* d = static_cast<T*>(dst);
  const T* x = static_cast<const T*>(a);
  if constexpr (kIsVec<T>) {
    MIA_UNROLL
    for (int i = 0; i < n; i += kLanes) Store(d + i, Op::Call(Load(x + i)));
  } else {
    MIA_INDEPENDENT
    for (int i = 0; i < n; i++) d[i] = Op::Call(x[i]);
  }
}

template <class T, class Op>
void BinaryLoop(void* dst, const void* a, const void* b, const void*, int n) {
  MIA_ASSUME_STEPS(n);
  T* d = static_cast<T*>(dst);
  const T *x = static_cast<const T*>(a), *y = static_cast<const T*>(b);
  if constexpr (kIsVec<T>) {
    MIA_UNROLL
    for (int i = 0; i < n; i += kLanes) Store(d + i, Op::Call(Load(x + i), Load(y + i)));
  } else {
    MIA_INDEPENDENT
    for (int i = 0; i < n; i++) d[i] = Op::Call(x[i], y[i]);
  }
}

// Where an instruction's result is wider or narrower than an operand that it overwrites, element i of one lies on other
// elements of the other: the result then goes through memory of its own.
template <class To, class Body>
MIA_INLINE void WriteApart(void* dst, bool overwrites, int n, Body body) {
  To* d = static_cast<To*>(dst);
  if (!overwrites) return body(d);
  To apart[kTile];
  body(apart);
  memcpy(d, apart, n * sizeof(To));
}

template <class T, class Op>
void CompareLoop(void* dst, const void* a, const void* b, const void*, int n) {
  MIA_ASSUME_STEPS(n);
  const T *x = static_cast<const T*>(a), *y = static_cast<const T*>(b);
  WriteApart<i32>(dst, sizeof(T) != sizeof(i32) && (dst == a || dst == b), n, [=](i32* d) {
    if constexpr (kIsVec<T>) {
      for (int i = 0; i < n; i += kLanes) {
        Store(d + i, Select(Op::Call(Load(x + i), Load(y + i)), SetInt(1), SetInt(0)));
      }
    } else {
      MIA_INDEPENDENT
      for (int i = 0; i < n; i++) d[i] = Op::Call(x[i], y[i]);
    }
  });
}

template <class T>
void SelectLoop(void* dst, const void* a, const void* b, const void* c, int n) {
  MIA_ASSUME_STEPS(n);
  const i32* condition = static_cast<const i32*>(a);
  const T *x = static_cast<const T*>(b), *y = static_cast<const T*>(c);
  WriteApart<T>(dst, sizeof(T) != sizeof(i32) && dst == a, n, [=](T* d) {
    if constexpr (kIsVec<T>) {
      for (int i = 0; i < n; i += kLanes) {
        Store(d + i, Select(NotZero(Load(condition + i)), Load(x + i), Load(y + i)));
      }
    } else {
      MIA_INDEPENDENT
      for (int i = 0; i < n; i++) {
        const T yes = x[i], no = y[i];  // both are read: a choice of values, not of loads
        d[i] = condition[i] != 0 ? yes : no;
      }
    }
  });
}

template <class From, class To>
void CastLoop(void* dst, const void* a, const void*, const void*, int n) {
  MIA_ASSUME_STEPS(n);
  const From* x = static_cast<const From*>(a);
  WriteApart<To>(dst, sizeof(From) != sizeof(To) && dst == a, n, [=](To* d) {
    MIA_INDEPENDENT
    for (int i = 0; i < n; i++) d[i] = Cast<To>(x[i]);
  });
}

template <class Narrow>
void WrapLoop(void* dst, const void* a, const void*, const void*, int n) {
  MIA_ASSUME_STEPS(n);
  i32* d = static_cast<i32*>(dst);
  const i32* x = static_cast<const i32*>(a);
  MIA_INDEPENDENT
  for (int i = 0; i < n; i++) d[i] = static_cast<Narrow>(x[i]);
}

template <class Op>
void WideTile(void* dst, const void* a, const void* b, const void*, int n) {
  WideLoop<Op>(static_cast<f32*>(dst), static_cast<const f32*>(a), static_cast<const f32*>(b), n);
}

constexpr uint16_t kLoad = 0;  // the first instruction; the interpreter runs it itself
const TileOp kTileOps[] = {
#define X(name, type, arity, cost, loop) loop,
#include "kernels/scalars.def"
#undef X
};
// Nanoseconds of one tile: its vectors at roughly 3.5 GHz, and the dispatch.
const float kTileOpCost[] = {
#define X(name, type, arity, cost, loop) 2 + 0.3f * (cost) * (kTile / kLanes),
#include "kernels/scalars.def"
#undef X
};

MIA_END
