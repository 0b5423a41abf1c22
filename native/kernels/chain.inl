// Chains: instructions in a row, each a cheap f32 function of the value before it. They run as one pass over the tile,
// the value staying in vector registers, so that a long chain costs arithmetic instead of a load and a store a link.
#pragma once

#include "kernels/scalars.inl"

MIA_BEGIN

// X(name in scalars.def, function of it in scalars.inl)
#define MIA_BINARY_LINKS(X) X(add, AddOp) X(sub, SubOp) X(mul, MulOp) X(div, DivOp) X(min, MinOp) X(max, MaxOp)
#define MIA_UNARY_LINKS(X) X(neg, NegOp) X(abs, AbsOp) X(sqrt, SqrtOp) X(recip, RecipOp)

enum LinkKind : uint8_t {
  kNoLink,
#define X(name, Op) kLink_##name,
  MIA_BINARY_LINKS(X) MIA_UNARY_LINKS(X)
#undef X
};

constexpr bool SameText(const char* a, const char* b) {
  while (*a != 0 && *a == *b) a++, b++;
  return *a == *b;
}
constexpr uint8_t LinkOf(const char* name, const char* type) {
  if (!SameText(type, "f32")) return kNoLink;
#define X(link, Op) \
  if (SameText(name, #link)) return kLink_##link;
  MIA_BINARY_LINKS(X)
  MIA_UNARY_LINKS(X)
#undef X
  return kNoLink;
}
// By position in scalars.def.
constexpr uint8_t kLinkKind[] = {
#define X(name, type, arity, cost, loop) LinkOf(#name, #type),
#include "kernels/scalars.def"
#undef X
};
MIA_INLINE bool IsUnaryLink(uint8_t kind) { return kind >= kLink_neg; }

constexpr int kMaxLinks = 32;
// Elements: memory is asked for that long before it is needed, or loading and computing would take turns. The hardware
// follows streams too, but not across pages, and not as far.
constexpr int kAheadOfChain = 4096;

struct Link {
  // The other operand: the value itself, one number (not NaN) for the whole tile, or a tile.
  enum Other : uint8_t { kNone, kSelf, kNumber, kTileOfNumbers };
  uint8_t kind;
  Other other;
  bool swapped;  // the value is the second operand
  const f32* tile;
};

// Eight vectors at a time hide the latency of an operation; where there are registers for it, twice as many hide the
// choice of the operation too.
#define MIA_EACH_VALUE(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)
constexpr int kGroup = 8 * kLanes;
constexpr bool kTwoGroups = kVectorRegisters >= 32;
constexpr int kChainStep = kTwoGroups ? 2 * kGroup : kGroup;

struct Values {
#define M(j) Vec v##j;
  MIA_EACH_VALUE(M)
#undef M

  MIA_INLINE void Read(const f32* from) {
#define M(j) v##j = Load(from + j * kLanes);
    MIA_EACH_VALUE(M)
#undef M
  }
  template <bool stream>
  MIA_INLINE void Write(f32* to) const {
#define M(j) stream ? Stream(to + j * kLanes, v##j) : Store(to + j * kLanes, v##j);
    MIA_EACH_VALUE(M)
#undef M
  }
};

template <class Op>
MIA_INLINE void Apply1(Values& x) {
#define M(j) x.v##j = Op::Call(x.v##j);
  MIA_EACH_VALUE(M)
#undef M
}

// One way of finding the other operand; `other` gives it for vector j.
template <class Op, class Other>
MIA_INLINE void Apply2(Values& x, bool swapped, Other other) {
  if (swapped) {
#define M(j) x.v##j = Op::Call(other(j, x.v##j), x.v##j);
    MIA_EACH_VALUE(M)
#undef M
  } else {
#define M(j) x.v##j = Op::Call(x.v##j, other(j, x.v##j));
    MIA_EACH_VALUE(M)
#undef M
  }
}

// Beside a number, only the value can be NaN, and one instruction keeps it: Min and Max give their second operand then.
template <class Op>
MIA_INLINE void ApplyNumber(Values& x, bool swapped, Vec number) {
  Apply2<Op>(x, swapped, [=](int, Vec) { return number; });
}
template <>
MIA_INLINE void ApplyNumber<MinOp>(Values& x, bool, Vec number) {
#define M(j) x.v##j = Min(number, x.v##j);
  MIA_EACH_VALUE(M)
#undef M
}
template <>
MIA_INLINE void ApplyNumber<MaxOp>(Values& x, bool, Vec number) {
#define M(j) x.v##j = Max(number, x.v##j);
  MIA_EACH_VALUE(M)
#undef M
}

template <class Op>
MIA_INLINE void Apply2(Values& x, const Link& link, int at) {
  if (link.other == Link::kNumber) {
    const Vec number = Set(link.tile[0]);
    ApplyNumber<Op>(x, link.swapped, number);
  } else if (link.other == Link::kSelf) {
    Apply2<Op>(x, false, [](int, Vec self) { return self; });
  } else {
    const f32* tile = link.tile + at;
    Apply2<Op>(x, link.swapped, [=](int j, Vec) { return Load(tile + j * kLanes); });
  }
}

// in, out: [n], n a multiple of kChainStep; out may be exactly one of the tiles read. stream: out is aligned memory.
template <bool stream>
MIA_NOINLINE void RunChain(const Link* links, int count, const f32* in, f32* out, int n) {
  for (int at = 0; at < n; at += kChainStep) {
    MIA_UNROLL_ALL for (int line = 0; line < kChainStep; line += 64 / static_cast<int>(sizeof(f32))) {
      __builtin_prefetch(in + at + kAheadOfChain + line, 0, 3);
    }
    Values x, y;  // y: the second group
    x.Read(in + at);
    if constexpr (kTwoGroups) y.Read(in + at + kGroup);
    for (int l = 0; l < count; l++) {
      switch (links[l].kind) {
#define X(name, Op)                                                    \
  case kLink_##name:                                                   \
    Apply2<Op>(x, links[l], at);                                       \
    if constexpr (kTwoGroups) Apply2<Op>(y, links[l], at + kGroup);    \
    break;
        MIA_BINARY_LINKS(X)
#undef X
#define X(name, Op)                           \
  case kLink_##name:                          \
    Apply1<Op>(x);                            \
    if constexpr (kTwoGroups) Apply1<Op>(y);  \
    break;
        MIA_UNARY_LINKS(X)
#undef X
        default:
          __builtin_unreachable();
      }
    }
    x.template Write<stream>(out + at);
    if constexpr (kTwoGroups) y.template Write<stream>(out + at + kGroup);
  }
}

MIA_END
