// sample on every ISA: lengths around vectors, blocks and tiles, settings that make no sense, and longer than scratch.
#include <cmath>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::Linear;

constexpr float kNan = NAN, kInf = INFINITY;

std::vector<int32_t> Sample(const mia::KernelTable& isa, const std::vector<float>& logits, int64_t vocab,
                            const std::vector<float>& settings) {
  const int64_t rows = static_cast<int64_t>(logits.size()) / vocab;
  const std::vector<char> seen(logits.size(), 1);
  const kernel::Memory out(static_cast<size_t>(rows) * sizeof(int32_t));
  kernel::Call call;
  call.kernel = "sample";
  call.ints = {rows, vocab};
  call.piece = 1;
  call.views = {Linear(0, DType::k_f32, rows * vocab), Linear(1, DType::k_bool, rows * vocab),
                kernel::MakeView(2, DType::k_f32, {rows, 6}, {0, 1}), Linear(3, DType::k_i32, rows)};
  CHECK(call.Run(isa, {(char*)logits.data(), (char*)seen.data(), (char*)settings.data(), out.data()}));
  CHECK(out.Intact());
  const auto* ids = reinterpret_cast<const int32_t*>(out.data());
  return {ids, ids + rows};
}

}  // namespace

TEST(SampleStaysInsideItsRows) {
  const std::vector<std::vector<float>> settings = {
      {0, 0, 1, 0, 1, 0.5f},           {1, 0, 1, 0, 1, 0.3f},          {1, 5, 0.9f, 0.01f, 1.3f, 0.99f},
      {1, 3, 0, 0, 1, 0},              {kNan, kNan, kNan, kNan, kNan, kNan}, {kInf, kInf, kInf, kInf, kInf, kInf},
      {1e-44f, 1e9f, -kInf, 7, 0, -3}, {1, -5, 2, -1, -1, 1e30f},      {kInf, 2, 0.5f, 0, kInf, 2},
  };
  for (const auto* isa : kernel::Isas()) {
    for (const int64_t vocab : {1, 2, 15, 16, 17, 63, 64, 65, 511, 513, 1030, 130000}) {
      const int64_t rows = vocab > 5000 ? 2 : 3;
      auto logits = kernel::Random<float>(static_cast<size_t>(rows * vocab), 3, 9);
      for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; turn > 0 && i < logits.size(); i += 3) logits[i] = turn == 1 ? kNan : kInf;
        for (const auto& s : settings) {
          for (const int32_t id : Sample(*isa, logits, vocab, s)) CHECK(id >= 0 && id < vocab);
        }
      }
    }
  }
}

TEST(SampleTakesAnyListApart) {
  // Rising, falling, equal, and one large number in the first, a middle and the last place.
  const int64_t vocab = 4097;
  for (const auto* isa : kernel::Isas()) {
    for (int kind = 0; kind < 6; kind++) {
      std::vector<float> logits(static_cast<size_t>(vocab));
      for (int64_t i = 0; i < vocab; i++) {
        const float place = static_cast<float>(i) / 512;
        logits[static_cast<size_t>(i)] = kind == 0 ? place : kind == 1 ? -place : 0.0f;
      }
      const int64_t peak = kind == 3 ? 0 : kind == 4 ? 2000 : vocab - 1;
      if (kind > 2) logits[static_cast<size_t>(peak)] = 30;
      const int64_t best = kind == 0 ? vocab - 1 : kind < 3 ? 0 : peak;
      CHECK_EQ(Sample(*isa, logits, vocab, {0, 0, 1, 0, 1, 0.5f})[0], best);
      CHECK_EQ(Sample(*isa, logits, vocab, {1, 0, 0, 0, 1, 0.5f})[0], best);
      if (kind == 2) continue;  // all are equal: all stay
      CHECK_EQ(Sample(*isa, logits, vocab, {1, 1, 1, 0, 1, 0.5f})[0], best);
      CHECK_EQ(Sample(*isa, logits, vocab, {1, 0, 1, 1, 1, 0.5f})[0], best);
    }
  }
}

TEST(SampleRefusesWhatDoesNotFit) {
  float memory[256] = {};
  const auto refuses = [&](std::vector<int64_t> ints, size_t view, mia::View replaced) {
    kernel::Call call;
    call.kernel = "sample";
    call.ints = std::move(ints);
    call.views = {Linear(0, DType::k_f32, 20), Linear(0, DType::k_bool, 20), Linear(0, DType::k_f32, 12),
                  Linear(1, DType::k_i32, 2)};
    call.views[view] = replaced;
    return !call.Run(*kernel::Isas()[0], {(char*)memory, (char*)(memory + 128)});
  };
  CHECK(!refuses({2, 10}, 3, Linear(1, DType::k_i32, 2)));
  CHECK(refuses({2, 10}, 0, Linear(0, DType::k_f64, 20)));
  CHECK(refuses({2, 10}, 0, Linear(0, DType::k_f32, 19)));
  CHECK(refuses({2, 10}, 1, Linear(0, DType::k_u8, 20)));
  CHECK(refuses({2, 10}, 1, Linear(0, DType::k_bool, 10)));
  CHECK(refuses({2, 10}, 2, Linear(0, DType::k_f32, 6)));
  CHECK(refuses({2, 10}, 3, Linear(1, DType::k_i32, 1)));
  CHECK(refuses({2, 10}, 3, Linear(1, DType::k_f32, 2)));
  CHECK(refuses({2, 10}, 3, kernel::MakeView(1, DType::k_i32, {2}, {2})));
  CHECK(refuses({2, 0}, 3, Linear(1, DType::k_i32, 2)));
  CHECK(refuses({-2, -10}, 3, Linear(1, DType::k_i32, 2)));
}
