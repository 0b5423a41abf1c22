// Prepare(): what is accepted, what is refused and why, and what it works out about views and stores.
#include <random>

#include "program_fixture.h"
#include "runtime/decode.h"
#include "runtime/executor.h"
#include "runtime/types.h"
#include "test.h"

using namespace mia;
using namespace fixture;

namespace {

std::unique_ptr<Program> Make(const ProgramWords& words, std::string* error = nullptr) {
  std::string unused;
  const Words encoded = words.Encode();
  return Prepare(kTable, 2, encoded.data(), encoded.size(), error == nullptr ? &unused : error);
}

// out = (x + y) + x through a temporary; sum of it.
ProgramWords Sample() {
  ProgramWords words;
  words.inputs = {400, 400};
  words.outputs = {{400, 0}, {4, -1}};
  words.consts = {400};
  words.temps = {{0, 400}, {448, 400}};
  words.steps = {AddStep(100, 0, 1, 5), AddStep(100, 5, 4, 6), AddStep(100, 6, 0, 2), SumStep(100, 2, 3)};
  return words;
}

void CheckRefused(const ProgramWords& words, const char* part_of_message) {
  std::string error;
  CHECK(Make(words, &error) == nullptr);
  if (error.find(part_of_message) == std::string::npos) {
    test::Fail(__FILE__, __LINE__, "message '" + error + "' lacks '" + part_of_message + "'");
  }
}

View MakeView(std::vector<int64_t> size, std::vector<int64_t> stride) {
  View view{};
  view.nd = static_cast<uint8_t>(size.size());
  view.count = 1;
  for (size_t i = 0; i < size.size(); i++) {
    view.size[i] = size[i];
    view.stride[i] = stride[i];
    view.count *= size[i];
  }
  return view;
}

// The offsets of all elements in order.
std::vector<int64_t> Offsets(const View& view) {
  std::vector<int64_t> offsets;
  for (int64_t i = 0; i < view.count; i++) offsets.push_back(OffsetOf(view, i));
  return offsets;
}

}  // namespace

TEST(program_is_decoded) {
  std::string error;
  const auto program = Make(Sample(), &error);
  CHECK_EQ(error, std::string());
  if (program == nullptr) return;
  CHECK_EQ(program->steps.size(), 4u);
  CHECK_EQ(program->locs.size(), 7u);
  CHECK_EQ(program->arena_bytes, 896u + 13 * 4);  // temporaries to 848, rounded up; then the partial sums
  CHECK_EQ(program->steps[3].shared_offset, 896u);
  CHECK_EQ(program->locs[0].align, 4u);
  CHECK_EQ(program->work.size(), 5u);
  CHECK_NEAR(program->cost, 3 * 2000 + 13e4 + 10, 1e-9);
  CHECK_EQ(static_cast<int>(program->steps[0].prologue.num_code), 3);
  CHECK_EQ(static_cast<int>(program->steps[0].prologue.stores[0].direct), 1);
}

TEST(program_views_are_classified) {
  struct {
    View view;
    int nd;
    Access access;
  } const cases[] = {
      {MakeView({2, 3}, {3, 1}), 1, Access::kLinear},
      {MakeView({2, 3}, {1, 2}), 2, Access::kStrided},
      {MakeView({2, 3}, {0, 0}), 1, Access::kSplat},
      {MakeView({2, 3}, {0, 1}), 2, Access::kStrided},
      {MakeView({2, 1, 3}, {3, 77, 1}), 1, Access::kLinear},
      {MakeView({2, 3, 4}, {24, 4, 1}), 2, Access::kStrided},
      {MakeView({2, 3, 4}, {100, 4, 1}), 2, Access::kStrided},
      {MakeView({5}, {-1}), 1, Access::kStrided},
      {MakeView({2, 3}, {6, 2}), 1, Access::kStrided},
      {MakeView({1, 1}, {9, 9}), 2, Access::kLinear},
      {MakeView({0, 3}, {3, 1}), 2, Access::kLinear},
      {MakeView({}, {}), 0, Access::kLinear},
      {MakeView({4, 2, 2}, {0, 2, 1}), 2, Access::kStrided},
  };
  for (const auto& one : cases) {
    View view = one.view;
    CHECK(Classify(view) == one.access);
    Normalize(&view);
    CHECK(view.access == one.access);
    CHECK_EQ(static_cast<int>(view.nd), one.nd);
    if (view.count > 0) CHECK(Offsets(view) == Offsets(one.view));
  }
}

TEST(program_refuses_views_outside_their_memory) {
  const auto with = [](ViewWords view) {
    ProgramWords words = Sample();
    words.steps[0].prologue.views[0] = std::move(view);
    return words;
  };
  CHECK(Make(with({0, 0, 99, {100}, {-1}})) != nullptr);
  CHECK(Make(with({0, 0, 0, {10, 10}, {1, 10}})) != nullptr);
  CHECK(Make(with({-1, 0, -5, {100}, {1}})) != nullptr);
  CheckRefused(with({0, 0, 1, {100}, {1}}), "step 0 (map): prologue: a view of memory 0 reaches elements 1 to 100");
  CheckRefused(with({0, 0, 98, {100}, {-1}}), "-1 to 98");
  CheckRefused(with({0, 1, 0, {100}, {1}}), "8 bytes, but it has 400");
  CheckRefused(with({0, 0, 0, {100}, {0x1p52}}), "too far");
  CheckRefused(with({0, 0, 0, {0x1p30, 0x1p30}, {0, 0}}), "too many elements");
  CheckRefused(with({7, 0, 0, {100}, {1}}), "the memory of a view is 7");
  CheckRefused(with({0, 99, 0, {100}, {1}}), "the dtype of a view");
  CheckRefused(with({0, 0, 0.5, {100}, {1}}), "the offset of a view is 0.5");
  CheckRefused(with({0, 0, 0, {99}, {1}}), "differ in their number of elements");
  CheckRefused(with({0, 0, 0, {100, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, Words(13, 1.0)}), "number of dims");
  CheckRefused(with({0, 0, 0, {-1}, {1}}), "a size of a view");
}

TEST(program_refuses_bad_tile_programs) {
  const auto with = [](auto change) {
    ProgramWords words = Sample();
    change(words.steps[0].prologue);
    return words;
  };
  const double add = Scalar("add.f32");
  CheckRefused(with([](TileWords& t) { t.num_regs = 33; }), "number of registers");
  CheckRefused(with([](TileWords& t) { t.num_regs = 2; }), "a destination register");
  CheckRefused(with([](TileWords& t) { t.code.erase(t.code.begin()); }), "reads register 0 before it is written");
  CheckRefused(with([&](TileWords& t) { t.code[2] = {add, 2, 0, 1, 1}; }), "an unused operand");
  CheckRefused(with([&](TileWords& t) { t.code[2] = {1e4, 2, 0, 1, 0}; }), "an operation");
  CheckRefused(with([](TileWords& t) { t.code[1] = {0, 1, 3, 0, 0}; }), "the view of a load");
  CheckRefused(with([](TileWords& t) { t.code[2][0] = Scalar("add.f64"); }), "as f64, but it holds f32");
  CheckRefused(with([](TileWords& t) { t.code[2][0] = Scalar("eq.f32"); }), "as f32, but it holds i32");
  CheckRefused(with([](TileWords& t) { t.stores = {{2, 0}}; }), "into an input");
  CheckRefused(with([](TileWords& t) { t.stores = {{2, 3}}; }), "the view of a store");
  CheckRefused(with([](TileWords& t) { t.consts = {{0, 0, 1}}; }), "is a constant");
  CheckRefused(with([](TileWords& t) { t.num_regs = 4, t.consts = {{3, 2, 0.5}}; }), "does not fit i32");
  CheckRefused(with([](TileWords& t) { t.num_regs = 4, t.consts = {{3, 3, -1}}; }), "does not fit u32");
  CheckRefused(with([](TileWords& t) { t.num_regs = 4, t.consts = {{3, 4, 0x1p63}}; }), "does not fit i64");
  CheckRefused(with([](TileWords& t) { t.num_regs = 4, t.consts = {{3, 5, NAN}}; }), "does not fit u64");
  CHECK(Make(with([](TileWords& t) { t.num_regs = 4, t.consts = {{3, 4, -0x1p63}}; })) != nullptr);

  ProgramWords words = Sample();
  words.steps[0].epilogue = words.steps[0].prologue;
  CheckRefused(words, "epilogue: the kernel takes no such tile program");
  words = Sample();
  words.steps[3].prologue.views[0] = {2, 8, 0, {100}, {1}};  // i32
  CheckRefused(words, "reduce.sum.f32 reads register 0 as f32, but it holds i32");
  words = Sample();
  words.steps[3].epilogue.consts = {{0, 0, 1}};
  CheckRefused(words, "the register of a constant");
}

TEST(program_refuses_bad_structure) {
  ProgramWords words = Sample();
  words.outputs[1] = {4, 0};
  CheckRefused(words, "two outputs have the same donor");
  words = Sample();
  words.outputs[0] = {400, 2};
  CheckRefused(words, "the donor of an output");
  words = Sample();
  words.temps[1] = {450, 400};
  CheckRefused(words, "not a multiple of 64");
  words = Sample();
  words.steps[1].kernel = 4;
  CheckRefused(words, "step 1: the kernel is 4");
  words = Sample();
  words.steps[0].ints = {99};
  CheckRefused(words, "step 0 (map): n is not the number of elements");
  words = Sample();
  words.steps[0].views = {{-1, 0, 0, {}, {}}};
  CheckRefused(words, "the memory of a view is -1");

  const Words whole = Sample().Encode();
  std::string error;
  for (size_t n = 0; n < whole.size(); n++) {
    std::string message;
    CHECK(Prepare(kTable, 1, whole.data(), n, &message) == nullptr);
    CHECK(!message.empty());
  }
  Words longer = whole;
  longer.push_back(0);
  CHECK(Prepare(kTable, 1, longer.data(), longer.size(), &error) == nullptr);
  CHECK(error.find("left over") != std::string::npos);
}

TEST(program_scalar_types_follow_their_names) {
  for (int op = 1; op < kNumScalars; op++) CHECK(TypesOfScalar(op).known);
  const auto& select = TypesOfScalar(Scalar("select.f64"));
  CHECK(select.in[0] == Reg::k_i32 && select.in[1] == Reg::k_f64 && select.out == Reg::k_f64);
  const auto& cast = TypesOfScalar(Scalar("cast.f32.u64"));
  CHECK(cast.in[0] == Reg::k_f32 && cast.out == Reg::k_u64);
  CHECK(TypesOfScalar(Scalar("lt.f64")).in[1] == Reg::k_f64 && TypesOfScalar(Scalar("lt.f64")).out == Reg::k_i32);
  CHECK(TypesOfScalar(Scalar("round.bf16")).in[0] == Reg::k_f32 && TypesOfScalar(Scalar("wrap.u8")).out == Reg::k_i32);
  CHECK(!TypesOfKernel("map").typed && !TypesOfKernel("scatter.add.f32").typed && !TypesOfKernel("scatter.set").typed);
  CHECK(TypesOfKernel("rows.softmax.f64").in == Reg::k_f64 && TypesOfKernel("matmul.u64").out == Reg::k_u64);
  CHECK(TypesOfKernel("reduce.argmax.i64").in == Reg::k_i64 && TypesOfKernel("reduce.argmax.i64").out == Reg::k_i32);
}

TEST(program_stores_are_direct_only_if_nothing_is_read_after) {
  // Inputs x (0), y (1); outputs a (2, may take x's memory), b (3).
  struct Store {
    double reg, loc;
  };
  const auto make = [](std::vector<Words> code, std::vector<Store> stores, std::vector<int> direct) {
    ProgramWords words;
    words.inputs = {400, 400};
    words.outputs = {{400, 0}, {400, -1}};
    StepWords step{kMap, {}, {100}, {}, {}, {}};
    for (double loc : {0, 1, 2, 3}) step.prologue.views.push_back({loc, 0, 0, {100}, {1}});
    step.prologue.num_regs = 5;
    step.prologue.result = 4;
    step.prologue.code = std::move(code);
    for (const Store& store : stores) step.prologue.stores.push_back({store.reg, store.loc});
    words.steps = {step};
    std::string error;
    const auto program = Make(words, &error);
    CHECK_EQ(error, std::string());
    if (program == nullptr) return;
    const TileProgram& tile = program->steps[0].prologue;
    for (size_t i = 0; i < direct.size(); i++) CHECK_EQ(static_cast<int>(tile.stores[i].direct), direct[i]);
  };
  const double add = Scalar("add.f32"), mul = Scalar("mul.f32");
  const Words load_x{0, 0, 0, 0, 0}, load_y{0, 1, 1, 0, 0};
  // a = x + y: in place
  make({load_x, load_y, {add, 2, 0, 1, 0}}, {{2, 2}}, {1});
  // a = x + y, b = (x + y) * x: x is read after a was written
  make({load_x, load_y, {add, 2, 0, 1, 0}, {mul, 3, 2, 0, 0}}, {{2, 2}, {3, 3}}, {0, 1});
  // the same with y instead, whose memory nobody takes over
  make({load_x, load_y, {add, 2, 0, 1, 0}, {mul, 3, 2, 1, 0}}, {{2, 2}, {3, 3}}, {1, 1});
  // x is loaded after a was written
  make({load_y, {add, 2, 1, 1, 0}, load_x, {add, 3, 0, 1, 0}}, {{2, 2}, {3, 3}}, {0, 1});
  // b = x as it was, a = x + x: a may not be written before the copy
  make({load_x, {add, 2, 0, 0, 0}}, {{2, 2}, {0, 3}}, {0, 0});
  // one register into two memories
  make({load_x, load_y, {add, 2, 0, 1, 0}}, {{2, 2}, {2, 3}}, {1, 0});
}

TEST(program_survives_hostile_words) {
  const size_t limit = MemoryLimit();
  SetMemoryLimitForTest(HeldBytes() + (16 << 20));
  std::mt19937_64 random(7);
  const double nasty[] = {0, 1, -1, 2, 3, 5, 7, 8, 31, 32, 64, 100, 255, 256, 400, 1e5, 0x1p31, 0x1p32, 0x1p53, 0x1p63,
                          -0x1p53, 1e308, -1e308, NAN, INFINITY, -INFINITY, 0.5};
  const Words base = Sample().Encode();
  int prepared = 0, ran = 0;
  for (int round = 0; round < 60000; round++) {
    Words words = base;
    const int changes = 1 + static_cast<int>(random() % 3);
    for (int i = 0; i < changes; i++) {
      double& word = words[random() % words.size()];
      word = random() % 4 == 0 ? word + static_cast<double>(random() % 3) - 1 : nasty[random() % std::size(nasty)];
    }
    if (random() % 8 == 0) words.resize(random() % words.size());
    std::string error;
    const auto program = Prepare(kTable, 1, words.data(), words.size(), &error);
    CHECK((program == nullptr) == !error.empty());
    if (program == nullptr || program->cost > 1e7) continue;
    prepared++;
    // Exactly the bytes it asked for, so that a sanitizer sees a step outside.
    Run run;
    run.program = program.get();
    run.base.resize(program->locs.size());
    run.outputs.resize(static_cast<size_t>(program->num_outputs));
    std::vector<std::unique_ptr<char[]>> memory;
    const auto bind = [&](size_t bytes) {
      memory.emplace_back(new char[bytes]());
      return memory.back().get();
    };
    bool small = true;
    for (const Loc& loc : program->locs) small = small && loc.bytes < 1 << 20;
    if (!small) continue;
    for (size_t i = 0; i < static_cast<size_t>(program->num_inputs); i++) run.base[i] = bind(program->locs[i].bytes);
    for (size_t i = 0; i < program->const_data.size(); i++) {
      const auto loc = static_cast<size_t>(program->const_loc(static_cast<int>(i)));
      program->const_data[i] = bind(program->locs[loc].bytes);
    }
    Execute(run);
    ran += run.status == Status::kOk;
    for (Buffer* output : run.outputs) {
      if (output != nullptr) output->Unref();
    }
  }
  CHECK(prepared > 1000);
  CHECK(ran > 500);
  SetMemoryLimitForTest(limit);
}
