// wkv7.f32 on every ISA against double: sizes around vectors, any strides, more rows than are gathered at
// once; the same bits however units are handed out and rows are cut into runs, and no memory touched around
// what is its own.
#include <cmath>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::MakeView;

struct Case {
  int64_t batch, rows, heads, size;
  int64_t step;  // between features of an input in memory
};

constexpr int kInputs = 7;  // r, w, k, v, a, b, S

std::vector<std::vector<float>> InputsOf(const Case& c) {
  const auto n = static_cast<size_t>(c.batch * c.rows * c.heads * c.size * c.step);
  const double part = 1 / sqrt(double(c.size));
  std::vector<std::vector<float>> in;
  for (const double limit : {part, 0.9, part, 1.0, part, part}) {
    in.push_back(kernel::Random<float>(n, static_cast<unsigned>(in.size()), limit));
  }
  in.push_back(kernel::Random<float>(static_cast<size_t>(c.batch * c.heads * c.size * c.size), 9, 1));
  return in;
}

kernel::Call CallOf(const Case& c) {
  const int64_t size = c.size, width = c.heads * size;
  kernel::Call call;
  call.kernel = "wkv7.f32";
  call.ints = {c.batch, c.rows, c.heads, size};
  const int64_t rows = c.rows + size;
  call.views = {MakeView(0, DType::k_f32, {c.batch, rows, c.heads, size}, {rows * width, width, size, 1})};
  for (int loc = 1; loc < kInputs; loc++) {
    call.views.push_back(MakeView(loc, DType::k_f32, {c.batch, c.rows, c.heads, size},
                                  {c.rows * width * c.step, width * c.step, size * c.step, c.step}));
  }
  call.views.push_back(
      MakeView(kInputs, DType::k_f32, {c.batch, c.heads, size, size}, {width * size, size * size, size, 1}));
  return call;
}

std::vector<double> Exact(const Case& c, const std::vector<std::vector<float>>& in) {
  const int64_t n = c.size, width = c.heads * n;
  std::vector<double> out(static_cast<size_t>(c.batch * (c.rows + n) * width));
  for (int64_t head = 0; head < c.batch * c.heads; head++) {
    const int64_t batch = head / c.heads, h = head % c.heads;
    double* const y = out.data() + batch * (c.rows + n) * width + h * n;
    double* const s = out.data() + batch * (c.rows + n) * width + c.rows * width + h * n * n;
    for (int64_t i = 0; i < n * n; i++) s[i] = double(in[6][size_t(head * n * n + i)]);
    for (int64_t t = 0; t < c.rows; t++) {
      const auto x = [&](int input, int64_t j) {
        return double(in[size_t(input)][size_t((((batch * c.rows + t) * c.heads + h) * n + j) * c.step)]);
      };
      for (int64_t i = 0; i < n; i++) {
        double removed = 0, sum = 0;
        for (int64_t j = 0; j < n; j++) removed += x(4, j) * s[j * n + i];
        for (int64_t j = 0; j < n; j++) {
          double& cell = s[j * n + i];
          cell = x(1, j) * cell + x(5, j) * removed + x(2, j) * x(3, i);
          sum += x(0, j) * cell;
        }
        y[t * width + i] = sum;
      }
    }
  }
  return out;
}

void Check(const mia::KernelTable& table, const Case& c) {
  auto in = InputsOf(c);
  const auto exact = Exact(c, in);
  kernel::Call call = CallOf(c);
  std::vector<char*> memories(1);
  for (auto& x : in) memories.push_back(reinterpret_cast<char*>(x.data()));
  std::vector<float> first;
  for (const int64_t piece : {0, 1}) {
    const kernel::Memory out(exact.size() * sizeof(float));
    memories[0] = out.data();
    call.piece = piece;
    CHECK(call.Run(table, memories));
    CHECK(out.Intact());
    const float* const y = reinterpret_cast<const float*>(out.data());
    if (piece == 0) first.assign(y, y + exact.size());
    CHECK(memcmp(first.data(), y, exact.size() * sizeof(float)) == 0);
  }
  double worst = 0;
  for (size_t i = 0; i < exact.size(); i++) worst = std::max(worst, fabs(double(first[i]) - exact[i]));
  if (worst <= 4e-6) return;
  std::ostringstream text;
  text << table.isa << " wkv7.f32 is off by " << worst << " for [" << c.batch << ", " << c.rows << ", "
       << c.heads << ", " << c.size << "]";
  test::Fail(__FILE__, __LINE__, text.str());
}

const Case kCases[] = {
    {1, 1, 1, 1, 1},  {1, 1, 2, 64, 1}, {1, 5, 3, 16, 1}, {2, 3, 2, 7, 1},   {1, 4, 1, 33, 2},
    {1, 70, 2, 8, 1}, {1, 70, 1, 8, 3}, {2, 0, 2, 4, 1},  {1, 2, 1, 512, 1}, {1, 40, 1, 130, 2},
};

}  // namespace

TEST(wkv7_f32) {
  for (const auto* table : kernel::Isas()) {
    for (const Case& c : kCases) Check(*table, c);
  }
}

// One run over all rows, and runs over some of them that pass the state on.
TEST(wkv7_goes_on_from_its_state) {
  const Case whole{1, 41, 2, 24, 1};
  const int64_t width = whole.heads * whole.size;
  for (const auto* table : kernel::Isas()) {
    auto in = InputsOf(whole);
    std::vector<char*> memories(1);
    for (auto& x : in) memories.push_back(reinterpret_cast<char*>(x.data()));
    const kernel::Memory out(static_cast<size_t>((whole.rows + whole.size) * width) * sizeof(float));
    memories[0] = out.data();
    CHECK(CallOf(whole).Run(*table, memories));
    int64_t done = 0;
    for (const int64_t rows : {1, 35, 3, 2}) {
      const kernel::Memory part(static_cast<size_t>((rows + whole.size) * width) * sizeof(float));
      memories[0] = part.data();
      kernel::Call call = CallOf({1, rows, whole.heads, whole.size, 1});
      for (int i = 1; i < kInputs; i++) call.views[size_t(i)].offset = done * width;
      CHECK(call.Run(*table, memories));
      CHECK(memcmp(part.data(), out.data() + done * width * 4, size_t(rows * width) * 4) == 0);
      memcpy(in[6].data(), part.data() + rows * width * 4, in[6].size() * 4);
      done += rows;
    }
    CHECK_EQ(done, whole.rows);
    CHECK(memcmp(in[6].data(), out.data() + whole.rows * width * 4, in[6].size() * 4) == 0);
  }
}

TEST(wkv7_refuses_what_does_not_fit) {
  const Case c{1, 2, 2, 4, 1};
  const auto refuses = [&](const std::function<void(kernel::Call&)>& change) {
    kernel::Call call = CallOf(c);
    change(call);
    CHECK(!call.Run(*kernel::Isas()[0], std::vector<char*>(8)));
  };
  refuses([](kernel::Call& call) { call.ints.pop_back(); });
  refuses([](kernel::Call& call) { call.views.pop_back(); });
  refuses([](kernel::Call& call) { call.ints[0] = 2; });
  refuses([](kernel::Call& call) { call.ints[1] = 3; });
  refuses([](kernel::Call& call) { call.ints[1] = -2; });
  refuses([](kernel::Call& call) { call.ints[2] = int64_t{1} << 52; });
  refuses([](kernel::Call& call) { call.ints[3] = 0; });
  refuses([](kernel::Call& call) { call.ints[3] = 1024; });
  refuses([](kernel::Call& call) { call.views[3].dtype = DType::k_i32; });
  refuses([](kernel::Call& call) { call.views[0] = MakeView(0, DType::k_f32, {6, 2, 4}, {16, 8, 1}); });
  refuses([](kernel::Call& call) { call.views[0] = MakeView(0, DType::k_f32, {5, 2, 4}, {8, 4, 1}); });
  refuses([](kernel::Call& call) { call.views[2].size[1] = 3; });
  refuses([](kernel::Call& call) { call.views[7].size[2] = 3; });
}
