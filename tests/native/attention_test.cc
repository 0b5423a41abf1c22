// attention.<T> on every ISA against double: blocks of rows and keys and their rests, chunks of keys,
// sequences; the same bits however the units are handed out, and no memory touched around what is its own.
#include <cmath>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::MakeView;

constexpr int64_t kCausal = 1, kMasked = 2, kWithLengths = 4, kWithOffsets = 8;

struct Case {
  int64_t heads, groups, queries, keys, features, values, flags, window;
  std::vector<int32_t> numbers;  // lengths [1] or offsets
};

template <class T>
struct Inputs {
  std::vector<T> q, k, v;
  std::vector<uint8_t> mask;
};

template <class T>
std::vector<double> Exact(const Case& c, const Inputs<T>& in, double scale) {
  std::vector<double> out;
  const int64_t share = c.heads / c.groups;
  for (int64_t h = 0; h < c.heads; h++) {
    for (int64_t t = 0; t < c.queries; t++) {
      int64_t first = 0, last = c.keys;
      if (c.flags & kWithLengths) last = c.numbers[0];
      int64_t at = last - c.queries + t;
      if (c.flags & kWithOffsets) {
        first = last = 0;
        at = t;
        for (size_t i = 0; i + 1 < c.numbers.size(); i++) {
          if (c.numbers[i] <= t && t < c.numbers[i + 1]) first = c.numbers[i], last = c.numbers[i + 1];
        }
      }
      std::vector<double> row(size_t(c.values)), scores;
      std::vector<int64_t> seen;
      double top = -INFINITY, sum = 0;
      for (int64_t j = first; j < last; j++) {
        if ((c.flags & kCausal) && j > at) continue;
        if (c.window > 0 && llabs(at - j) >= c.window) continue;
        if ((c.flags & kMasked) && !in.mask[size_t(t * c.keys + j)]) continue;
        double score = 0;
        for (int64_t d = 0; d < c.features; d++) {
          score += double(in.q[size_t((h * c.queries + t) * c.features + d)]) *
                   double(in.k[size_t((h / share * c.keys + j) * c.features + d)]);
        }
        seen.push_back(j);
        scores.push_back(score * scale);
        top = std::max(top, scores.back());
      }
      for (size_t i = 0; i < seen.size(); i++) {
        const double weight = exp(scores[i] - top);
        sum += weight;
        for (int64_t d = 0; d < c.values; d++) {
          row[size_t(d)] += weight * double(in.v[size_t((h / share * c.keys + seen[i]) * c.values + d)]);
        }
      }
      for (const double x : row) out.push_back(sum == 0 ? 0 : x / sum);
    }
  }
  return out;
}

template <class T>
void Check(const mia::KernelTable& table, const Case& c) {
  const DType dtype = sizeof(T) == 4 ? DType::k_f32 : DType::k_f64;
  const auto size = [](int64_t a, int64_t b, int64_t d) { return static_cast<size_t>(a * b * d); };
  Inputs<T> in{kernel::Random<T>(size(c.heads, c.queries, c.features), 1, 2),
               kernel::Random<T>(size(c.groups, c.keys, c.features), 2, 2),
               kernel::Random<T>(size(c.groups, c.keys, c.values), 3, 2),
               {}};
  for (int64_t i = 0; i < c.queries * c.keys; i++)
    in.mask.push_back(i % 7 != 3 && (i < c.keys || i >= 2 * c.keys));
  const double scale = 1 / sqrt(double(c.features));
  const auto exact = Exact(c, in, scale);
  std::vector<int32_t> numbers = c.numbers;

  kernel::Call call;
  call.kernel = sizeof(T) == 4 ? "attention.f32" : "attention.f64";
  call.ints = {1, c.heads, c.groups, c.queries, c.keys, c.features, c.values, c.flags, c.window};
  call.floats = {scale, 0};
  // The result lies as [queries, heads, values]. Offsets [n], lengths [].
  call.views = {MakeView(0, dtype, {c.heads, c.queries, c.values}, {c.values, c.heads * c.values, 1}),
                MakeView(1, dtype, {c.heads, c.queries, c.features}, {c.queries * c.features, c.features, 1}),
                MakeView(2, dtype, {c.groups, c.keys, c.features}, {c.keys * c.features, c.features, 1}),
                MakeView(3, dtype, {c.groups, c.keys, c.values}, {c.keys * c.values, c.values, 1})};
  if (c.flags & kMasked) {
    call.views.push_back(MakeView(4, DType::k_bool, {c.heads, c.queries, c.keys}, {0, c.keys, 1}));
  }
  if (c.flags & kWithLengths) call.views.push_back(MakeView(5, DType::k_i32, {}, {}));
  if (c.flags & kWithOffsets) call.views.push_back(MakeView(5, DType::k_i32, {int64_t(numbers.size())}, {1}));

  std::vector<T> first;
  for (const int64_t piece : {0, 1, 3}) {
    const kernel::Memory out(exact.size() * sizeof(T));
    call.piece = piece;
    CHECK(
        call.Run(table, {out.data(), reinterpret_cast<char*>(in.q.data()),
                         reinterpret_cast<char*>(in.k.data()), reinterpret_cast<char*>(in.v.data()),
                         reinterpret_cast<char*>(in.mask.data()), reinterpret_cast<char*>(numbers.data())}));
    CHECK(out.Intact());
    const T* const y = reinterpret_cast<const T*>(out.data());
    if (piece == 0) first.assign(y, y + exact.size());
    CHECK(memcmp(first.data(), y, exact.size() * sizeof(T)) == 0);
  }
  double worst = 0;
  size_t i = 0;
  for (int64_t h = 0; h < c.heads; h++) {
    for (int64_t t = 0; t < c.queries; t++) {
      for (int64_t d = 0; d < c.values; d++, i++) {
        worst = std::max(worst, fabs(double(first[size_t((t * c.heads + h) * c.values + d)]) - exact[i]));
      }
    }
  }
  if (worst <= (sizeof(T) == 4 ? 4e-6 : 1e-14)) return;
  std::ostringstream text;
  text << table.isa << " " << call.kernel << " is off by " << worst << " for [" << c.heads << ", " << c.groups
       << ", " << c.queries << ", " << c.keys << ", " << c.features << ", " << c.values << "] flags "
       << c.flags;
  test::Fail(__FILE__, __LINE__, text.str());
}

const Case kCases[] = {
    {1, 1, 1, 1, 1, 1, 0, 0, {}},
    {2, 1, 1, 0, 8, 8, kCausal, 0, {}},       // nothing to see
    {4, 2, 1, 300, 64, 64, kCausal, 0, {}},   // dots
    {3, 1, 2, 77, 5, 9, kCausal, 20, {}},     // dots, rests everywhere
    {2, 2, 1, 1500, 16, 16, kCausal, 0, {}},  // dots in chunks
    {2, 2, 1, 1500, 16, 16, kCausal | kWithLengths, 0, {700}},
    {1, 1, 9, 2100, 8, 8, 0, 0, {}},  // tiles in chunks
    {4, 2, 33, 65, 24, 40, kCausal, 0, {}},
    {1, 1, 141, 141, 64, 64, kCausal, 0, {}},  // more than a block of rows
    {2, 1, 100, 530, 80, 72, 0, 0, {}},        // more than a block of keys
    {2, 1, 40, 90, 8, 8, kMasked, 0, {}},
    {2, 1, 2, 90, 8, 8, kMasked | kCausal, 40, {}},
    {2, 1, 20, 40, 8, 8, kCausal | kWithLengths, 0, {11}},  // fewer keys than queries
    {2, 2, 160, 160, 8, 8, kCausal | kWithOffsets, 0, {0, 3, 3, 140, 155}},
    {1, 1, 7, 20, 2048, 2048, 0, 0, {}},
};

}  // namespace

TEST(attention_f32) {
  for (const auto* table : kernel::Isas()) {
    for (const Case& c : kCases) Check<float>(*table, c);
  }
}

TEST(attention_f64) {
  for (const auto* table : kernel::Isas()) {
    for (const Case& c : kCases) Check<double>(*table, c);
  }
}

TEST(attention_reports_lengths_and_offsets_outside) {
  float data[64] = {};
  const auto status = [&](const mia::KernelTable& table, int64_t flags, std::vector<int32_t> numbers,
                          int64_t* detail) {
    kernel::Call call;
    call.kernel = "attention.f32";
    call.ints = {1, 1, 1, 4, 4, 2, 2, flags, 0};
    call.floats = {1, 0};
    for (int loc = 0; loc < 4; loc++) call.views.push_back(MakeView(loc, DType::k_f32, {1, 4, 2}, {8, 2, 1}));
    const auto n = static_cast<int64_t>(numbers.size());
    const bool offsets = flags == kWithOffsets;
    call.views.push_back(offsets ? MakeView(4, DType::k_i32, {n}, {1}) : MakeView(4, DType::k_i32, {}, {}));
    mia::Status result = mia::Status::kOk;
    char* const memory = reinterpret_cast<char*>(data);
    char* const last = reinterpret_cast<char*>(numbers.data());
    CHECK(call.Run(table, {memory, memory + 32, memory + 64, memory + 96, last}, &result));
    *detail = call.detail;
    return result;
  };
  for (const auto* table : kernel::Isas()) {
    int64_t detail = 0;
    CHECK(status(*table, kWithLengths, {4}, &detail) == mia::Status::kOk);
    CHECK(status(*table, kWithLengths, {5}, &detail) == mia::Status::kIndexOutOfRange);
    CHECK_EQ(detail, 5);
    CHECK(status(*table, kWithLengths, {-1}, &detail) == mia::Status::kIndexOutOfRange);
    CHECK_EQ(detail, -1);
    CHECK(status(*table, kWithOffsets, {0, 2, 4}, &detail) == mia::Status::kOk);
    CHECK(status(*table, kWithOffsets, {0, 3, 2}, &detail) == mia::Status::kIndexOutOfRange);
    CHECK_EQ(detail, 2);
    CHECK(status(*table, kWithOffsets, {0, 2, 5}, &detail) == mia::Status::kIndexOutOfRange);
    CHECK(status(*table, kWithOffsets, {-2, 2, 4}, &detail) == mia::Status::kIndexOutOfRange);
  }
}
