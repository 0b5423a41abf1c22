// Memory of any dtype in any layout, filled with small numbers, and its values as doubles.
#pragma once

#include "kernel_fixture.h"

namespace kernel {

// Two values of one step of a sequence: the same in every run.
struct Dice {
  std::mt19937 engine;
  explicit Dice(unsigned seed) : engine(seed) {}
  int64_t Roll(int64_t sides) { return static_cast<int64_t>(engine() % static_cast<uint64_t>(sides)); }
  template <class T>
  T Pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(Roll(static_cast<int64_t>(from.size())))];
  }
};

// Memory of any dtype as numbers. Integers are small, so their sums are exact in a double; what wraps has its
// own test.
inline uint16_t HalfBits(double x) {  // for multiples of 1/64 below 8: exact
  if (x == 0) return 0;
  int exponent;
  const double fraction = frexp(fabs(x), &exponent);  // [0.5, 1)
  return static_cast<uint16_t>((x < 0 ? 0x8000 : 0) | (exponent + 14) << 10 |
                               static_cast<int>((fraction * 2 - 1) * 1024));
}
inline double HalfValue(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double value = exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25);
  return bits & 0x8000 ? -value : value;
}
template <class Fn>
auto WithStorage(DType dtype, Fn fn) {
  switch (dtype) {
#define X(name, storage, reg) \
  case DType::k_##name:       \
    return fn(storage{});
#include "kernels/dtypes.def"
#undef X
    default: abort();
  }
}
inline double Get(const char* data, DType dtype, int64_t i) {
  return WithStorage(dtype, [&](auto zero) -> double {
    auto value = zero;
    memcpy(&value, data + i * static_cast<int64_t>(sizeof value), sizeof value);
    if (dtype == DType::k_f16) return HalfValue(static_cast<uint16_t>(value));
    if (dtype == DType::k_bf16) {
      const uint32_t bits = static_cast<uint32_t>(value) << 16;
      float wide;
      memcpy(&wide, &bits, sizeof wide);
      return wide;
    }
    return static_cast<double>(value);
  });
}
inline void Set(char* data, DType dtype, int64_t i, double x) {
  WithStorage(dtype, [&](auto value) {
    value = static_cast<decltype(value)>(x);
    if (dtype == DType::k_f16) value = static_cast<decltype(value)>(HalfBits(x));
    if (dtype == DType::k_bf16) {
      const float wide = static_cast<float>(x);
      uint32_t bits;
      memcpy(&bits, &wide, sizeof bits);
      value = static_cast<decltype(value)>(bits >> 16);
    }
    memcpy(data + i * static_cast<int64_t>(sizeof value), &value, sizeof value);
  });
}
inline bool IsFloat(DType dtype) { return dtype <= DType::k_bf16; }
inline bool IsSigned(DType d) {
  return IsFloat(d) || d == DType::k_i8 || d == DType::k_i16 || d == DType::k_i32 || d == DType::k_i64;
}

// How a [batch..., rows, cols] operand lies in memory.
enum class Lay {
  kRows,
  kCols,
  kPaddedRows,
  kPaddedCols,
  kEverySecond,
  kReversed,
  kOneRow,
  kOneCol,
  kOneValue,
  kCount
};
struct Operand {
  mia::View view;
  std::vector<char> memory;  // exactly what the view reaches, for AddressSanitizer
  DType dtype;

  Operand(int loc, DType type, std::vector<int64_t> batch, int64_t rows, int64_t cols, Lay lay, bool shared,
          Dice& dice)
      : dtype(type) {
    int64_t row = cols, col = 1, offset = 0;
    if (lay == Lay::kCols) row = 1, col = rows;
    if (lay == Lay::kPaddedRows) row = cols + 5;
    if (lay == Lay::kPaddedCols) row = 1, col = rows + 3;
    if (lay == Lay::kEverySecond) row = 2 * cols + 1, col = 2;
    if (lay == Lay::kReversed) row = -cols, col = -1, offset = rows * cols - 1;
    if (lay == Lay::kOneRow) row = 0;
    if (lay == Lay::kOneCol) row = 1, col = 0;
    if (lay == Lay::kOneValue) row = col = 0;
    int64_t reach = 1 + (rows - 1) * llabs(row) + (cols - 1) * llabs(col);
    if (rows * cols == 0) reach = offset = 0;
    std::vector<int64_t> size = batch, stride(batch.size());
    int64_t step = reach;
    for (size_t d = batch.size(); d-- > 0; step *= batch[d]) stride[d] = shared ? 0 : step;
    size.insert(size.end(), {rows, cols});
    stride.insert(stride.end(), {row, col});
    view = MakeView(loc, dtype, size, stride, offset);
    const int64_t count = shared ? reach : step;
    memory.resize(static_cast<size_t>(count) * mia::kDTypeBytes[static_cast<int>(dtype)]);
    for (int64_t i = 0; i < count; i++) {
      const int64_t n = dice.Roll(256) - (IsSigned(dtype) ? 128 : 0);
      const double small = IsFloat(dtype) ? static_cast<double>(n) / 64
                                          : static_cast<double>(dtype == DType::k_bool ? n & 1 : n % 100);
      Set(memory.data(), dtype, i, small);
    }
  }
  // Row-major, as the view enumerates it.
  std::vector<double> Values() const {
    std::vector<double> values;
    for (int64_t i = 0; i < view.count; i++) {
      int64_t offset = view.offset, rest = i;
      for (int d = view.nd - 1; d >= 0; d--) {
        offset += rest % view.size[d] * view.stride[d];
        rest /= view.size[d];
      }
      values.push_back(Get(memory.data(), dtype, offset));
    }
    return values;
  }
};

inline DType Own(const std::string& type) {
  for (int i = 0; i < mia::kNumDTypes; i++) {
    if (type == mia::kDTypeNames[i]) return static_cast<DType>(i);
  }
  abort();
}

}  // namespace kernel
