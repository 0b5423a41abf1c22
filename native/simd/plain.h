// The tile operations on single numbers of the six register types: what the plain loops call, with the names that the
// vector headers use for f32. Integers wrap; nothing here has undefined behaviour for any operand.
#pragma once

#include "simd/common.h"

MIA_BEGIN

using f32 = float;
using f64 = double;
using i32 = int32_t;
using u32 = uint32_t;
using i64 = int64_t;
using u64 = uint64_t;

template <class T>
constexpr bool kIsFloat = static_cast<T>(0.5) != static_cast<T>(0);
template <class T>
constexpr bool kIsSigned = static_cast<T>(-1) < static_cast<T>(0);

// The unsigned type in which T's arithmetic wraps; T itself for floats.
template <class T>
struct Wrapping {
  using Type = T;
};
template <>
struct Wrapping<i32> {
  using Type = u32;
};
template <>
struct Wrapping<i64> {
  using Type = u64;
};
template <class T>
using Wrap = typename Wrapping<T>::Type;

template <class T>
struct Limits;
template <>
struct Limits<f32> {
  static constexpr f32 kLowest = -INFINITY, kHighest = INFINITY;
};
template <>
struct Limits<f64> {
  static constexpr f64 kLowest = -INFINITY, kHighest = INFINITY;
};
template <>
struct Limits<i32> {
  static constexpr i32 kLowest = INT32_MIN, kHighest = INT32_MAX;
};
template <>
struct Limits<u32> {
  static constexpr u32 kLowest = 0, kHighest = UINT32_MAX;
};
template <>
struct Limits<i64> {
  static constexpr i64 kLowest = INT64_MIN, kHighest = INT64_MAX;
};
template <>
struct Limits<u64> {
  static constexpr u64 kLowest = 0, kHighest = UINT64_MAX;
};

template <class T>
MIA_INLINE T Add(T a, T b) {
  return static_cast<T>(static_cast<Wrap<T>>(a) + static_cast<Wrap<T>>(b));
}
template <class T>
MIA_INLINE T Sub(T a, T b) {
  return static_cast<T>(static_cast<Wrap<T>>(a) - static_cast<Wrap<T>>(b));
}
template <class T>
MIA_INLINE T Mul(T a, T b) {
  return static_cast<T>(static_cast<Wrap<T>>(a) * static_cast<Wrap<T>>(b));
}
template <class T>
MIA_INLINE T Neg(T a) {
  if constexpr (kIsFloat<T>) return -a;
  return Sub(static_cast<T>(0), a);
}
// Integers truncate; by zero gives 0 and the lowest by -1 wraps.
template <class T>
MIA_INLINE T Div(T a, T b) {
  if constexpr (kIsFloat<T>) return a / b;
  if (b == 0) return 0;
  if (kIsSigned<T> && b == static_cast<T>(-1)) return Neg(a);
  return a / b;
}
// The remainder of floored division, with the divisor's sign, as in Python and NumPy. By zero: NaN, or 0 for integers.
template <class T>
MIA_INLINE T Mod(T a, T b) {
  if constexpr (kIsFloat<T>) {
    const T r = static_cast<T>(fmod(a, b));
    return r == 0 ? static_cast<T>(copysign(0, b)) : (r < 0) != (b < 0) ? r + b : r;
  } else {
    if (b == 0 || (kIsSigned<T> && b == static_cast<T>(-1))) return 0;
    const T r = a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  }
}
// Integers by repeated squaring; a negative exponent gives 0 unless the base is 1 or -1.
template <class T>
MIA_INLINE T Pow(T a, T b) {
  if constexpr (kIsFloat<T>) {
    return pow(a, b);
  } else {
    if (kIsSigned<T> && b < 0) {
      if (a == static_cast<T>(-1)) return b % 2 == 0 ? 1 : a;
      return a == 1 ? 1 : 0;
    }
    T result = 1;
    for (; b != 0; b /= 2) {
      if (b % 2 != 0) result = Mul(result, a);
      a = Mul(a, a);
    }
    return result;
  }
}
template <class T>
MIA_INLINE bool IsNan(T a) {
  return a != a;
}
template <class T>
MIA_INLINE T MinNan(T a, T b) {
  return a < b || a != a ? a : b;
}
template <class T>
MIA_INLINE T MaxNan(T a, T b) {
  return a > b || a != a ? a : b;
}
template <class T>
MIA_INLINE T Abs(T a) {
  if constexpr (kIsFloat<T>) return static_cast<T>(__builtin_fabs(a));
  return a < static_cast<T>(0) ? Neg(a) : a;
}
template <class T>
MIA_INLINE T Sign(T a) {  // zeros and NaN are their own sign
  return a > static_cast<T>(0) ? static_cast<T>(1) : a < static_cast<T>(0) ? static_cast<T>(-1) : a;
}

MIA_INLINE f64 Sqrt(f64 a) { return __builtin_sqrt(a); }
MIA_INLINE f64 Floor(f64 a) { return __builtin_floor(a); }
MIA_INLINE f64 Ceil(f64 a) { return __builtin_ceil(a); }
MIA_INLINE f64 Round(f64 a) { return __builtin_rint(a); }
MIA_INLINE f64 Exp(f64 a) { return exp(a); }
MIA_INLINE f64 Log(f64 a) { return log(a); }
MIA_INLINE f64 Sin(f64 a) { return sin(a); }
MIA_INLINE f64 Cos(f64 a) { return cos(a); }
MIA_INLINE f64 Tanh(f64 a) { return tanh(a); }
MIA_INLINE f64 Erf(f64 a) { return erf(a); }

// Float to integer truncates, saturates and takes NaN to 0; between integers it wraps; to float it rounds.
template <class To, class From>
MIA_INLINE To Cast(From a) {
  if constexpr (kIsFloat<From> && !kIsFloat<To>) {
    // 2^31, 2^63... : the first float above the range (the highest integer itself may not be a float).
    const From end = static_cast<From>(Limits<To>::kHighest / 2 + 1) * 2;
    const From low = static_cast<From>(Limits<To>::kLowest);
    return a >= end ? Limits<To>::kHighest : a <= low ? Limits<To>::kLowest : a != a ? 0 : static_cast<To>(a);
  } else {
    return static_cast<To>(a);
  }
}

MIA_END
