// Hostile words for the real kernels of every ISA: a program is refused, or runs inside its own memory. What a step
// outside does is seen by the sanitizers (npm run test:asan); here every memory has exactly the bytes it was promised.
#include <random>

#include "program_fixture.h"
#include "runtime/executor.h"
#include "runtime/types.h"
#include "test.h"

using namespace mia;
using namespace fixture;

namespace {

double DTypeOfReg(Reg reg) {
  for (int i = 0; i < kNumDTypes; i++) {
    if (IsRegister(static_cast<DType>(i)) && RegOf(static_cast<DType>(i)) == reg) return i;
  }
  return -1;
}

TileWords LoadOf(double loc, double dtype, double n) {
  TileWords tile;
  tile.num_regs = 1;
  tile.views = {{loc, dtype, 0, {n}, {1}}};
  tile.code = {{0, 0, 0, 0, 0}};
  return tile;
}
TileWords StoreOf(double loc, double dtype, double n) {
  TileWords tile;
  tile.num_regs = 1;
  tile.views = {{loc, dtype, 0, {n}, {1}}};
  tile.stores = {{0, 0}};
  return tile;
}

// A small sound program with one step of the kernel. Inputs 0 and 1, output 2. blocks: matmul.f32 gets them as B.
ProgramWords Seed(const KernelTable& table, int kernel, bool blocks = false) {
  const std::string name = table.kernels[kernel].name;
  const auto starts = [&](const char* prefix) { return name.rfind(prefix, 0) == 0; };
  const KernelTypes types = TypesOfKernel(name.c_str());
  const double in = DTypeOfReg(types.in), out = DTypeOfReg(types.out), i32 = DTypeOfReg(Reg::k_i32);
  const auto q8_0 = static_cast<double>(DType::k_q8_0);
  ProgramWords words;
  words.inputs = {800, 800};
  words.outputs = {{800, -1}};
  StepWords step{double(kernel), {}, {}, {}, {}, {}};
  if (name == "map") {
    step = AddStep(100, 0, 1, 2);
    step.kernel = kernel;
  } else if (starts("reduce.")) {
    step.ints = {0, 4, 25};
    step.prologue = LoadOf(0, in, 100);
    step.epilogue = StoreOf(2, out, 4);
  } else if (starts("rows.")) {
    step.ints = {4, 25};
    step.floats = {1e-5};
    step.prologue = LoadOf(0, in, 100);
    step.epilogue = StoreOf(2, out, 100);
  } else if (starts("matmul.")) {
    step.ints = {2, 3, 4, 5};
    step.views = {{0, in, 0, {2, 3, 5}, {15, 5, 1}}, {1, in, 0, {2, 5, 4}, {20, 4, 1}}};
    step.epilogue = StoreOf(2, out, 24);
    if (blocks) {
      step.ints = {1, 3, 5, 64};
      step.views = {{0, in, 0, {3, 64}, {64, 1}}, {1, q8_0, 0, {64, 5}, {1, 64}}};
      step.epilogue = StoreOf(2, out, 15);
    }
  } else if (starts("conv2d.")) {
    step.ints = {1, 4, 4, 4, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 4, 2};
    step.views = {{0, in, 0, {1, 4, 4, 4}, {64, 16, 4, 1}}, {1, in, 0, {2, 2, 8}, {16, 8, 1}}};
    step.epilogue = StoreOf(2, out, 36);
  } else if (starts("maxPool2d.") || starts("avgPool2d.")) {
    step.ints = {1, 4, 4, 4, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1};
    if (starts("avg")) step.ints.push_back(1);
    step.views = {{0, in, 0, {1, 4, 4, 4}, {64, 16, 4, 1}}};
    step.epilogue = StoreOf(2, out, 64);
  } else if (starts("attention.")) {
    const double dtype = name.back() == '2' ? 0 : 1;  // of every input: halves come by mutation
    step.ints = {2, 4, 2, 2, 3, 2, 3, 7, 2};  // causal, with a mask and lengths
    step.floats = {0.5, 2};
    step.views = {{2, dtype, 0, {2, 4, 2, 3}, {24, 3, 12, 1}}, {0, dtype, 0, {2, 4, 2, 2}, {16, 4, 2, 1}},
                  {1, dtype, 0, {2, 2, 3, 2}, {12, 6, 2, 1}},  {1, dtype, 24, {2, 2, 3, 3}, {18, 9, 3, 1}},
                  {0, 12, 400, {2, 4, 2, 3}, {0, 0, 3, 1}},    {1, i32, 190, {2}, {1}}};
  } else if (starts("wkv7.")) {
    step.ints = {2, 3, 2, 2};
    step.views = {{2, 0, 0, {2, 5, 2, 2}, {20, 4, 2, 1}}};
    for (const double offset : {0, 24, 48, 72, 96}) {
      step.views.push_back({0, 0, offset, {2, 3, 2, 2}, {12, 4, 2, 1}});
    }
    step.views.push_back({1, 0, 0, {2, 3, 2, 2}, {24, 8, 4, 2}});  // every other element
    step.views.push_back({1, 0, 100, {2, 2, 2, 2}, {8, 4, 2, 1}});
  } else if (starts("pack.") || starts("linear.")) {
    const size_t from = name.find('.') + 1;
    const std::string format = name.substr(from, name.find('.', from) - from);
    double dtype = 0, bytes = 0;
    for (int i = 0; i < kNumDTypes; i++) dtype = format == kDTypeNames[i] ? i : dtype;
    for (int i = 0; i < table.num_formats; i++) {
      if (format == table.formats[i].name) bytes = static_cast<double>(table.formats[i].image_bytes(3, 256));
    }
    const ViewWords image = {starts("pack.") ? 2.0 : 1.0, static_cast<double>(DType::k_u32), 0, {bytes / 4}, {1}};
    words.inputs = {3072, bytes};
    words.outputs = {{starts("pack.") ? bytes : 800, -1}};
    if (starts("pack.")) {
      step.ints = {3, 256};
      step.views = {{0, dtype, 0, {256, 3}, {1, 256}}, image};
    } else {
      step.ints = {2, 3, 256};
      step.views = {{0, in, 0, {2, 256}, {256, 1}}, image};
      step.epilogue = StoreOf(2, out, 6);
    }
  } else if (starts("decode.")) {
    step.ints = {1, 4, 64, 3};
    step.views = {{0, q8_0, 0, {1, 4, 64}, {256, 64, 1}}, {1, i32, 0, {3}, {1}}};
    step.epilogue = StoreOf(2, out, 192);
  } else if (starts("encode.")) {
    step.ints = {128};
    step.prologue = LoadOf(0, in, 128);
    step.views = {{2, q8_0, 0, {2, 64}, {64, 1}}};
  } else if (name == "gather") {
    step.ints = {2, 5, 3, 4};
    step.views = {{0, 0, 0, {2, 5, 3}, {15, 3, 1}}, {1, i32, 0, {4}, {1}}, {2, 0, 0, {24}, {1}}};
  } else if (name == "takeAlong") {
    step.ints = {4, 5, 3};
    step.views = {{0, 0, 0, {4, 5}, {5, 1}}, {1, i32, 0, {12}, {1}}, {2, 0, 0, {12}, {1}}};
  } else if (starts("scatter.")) {
    const double dtype = starts("scatter.add.") ? DTypeOfReg(TypesOfKernel(("." + name.substr(12)).c_str()).in) : 0;
    step.ints = {2, 5, 3, 4};
    step.views = {{2, dtype, 0, {30}, {1}}, {1, i32, 0, {4}, {1}}, {0, dtype, 0, {2, 4, 3}, {12, 3, 1}}};
  } else if (name == "sample") {
    step.ints = {4, 25};
    step.views = {{0, 0, 0, {4, 25}, {25, 1}}, {1, 12, 0, {4, 25}, {25, 1}}, {0, 0, 100, {4, 6}, {6, 1}},
                  {2, i32, 0, {4}, {1}}};
  } else if (starts("topk.")) {
    step.ints = {4, 25, 3, 1};
    step.prologue = LoadOf(0, in, 100);
    step.views = {{2, i32, 0, {12}, {1}}};
  }
  words.steps = {step};
  return words;
}

constexpr double kNasty[] = {
    0,   1,   -1,  2,   3,   4,   5,   12,     16,     24,     25,     31,     32,      64,    99,
    100, 101, 199, 200, 400, 513, 0.5, 0x1p20, 0x1p31, 0x1p32, 0x1p52, 0x1p53, -0x1p53, 1e308, NAN, INFINITY};

// Whether the program ran to its end.
bool RunExactly(Program& program, std::mt19937_64& random) {
  Run run;
  run.program = &program;
  run.base.resize(program.locs.size());
  run.outputs.resize(static_cast<size_t>(program.num_outputs));
  std::vector<std::unique_ptr<char[]>> memory;
  for (const Loc& loc : program.locs) {
    if (loc.bytes > 1 << 20) return false;
  }
  for (size_t i = 0; i < program.locs.size(); i++) {
    const size_t bytes = program.locs[i].bytes;
    memory.emplace_back(new char[bytes]);
    // Small integers of any width, so that indices are often good.
    for (size_t k = 0; k < bytes; k++) memory.back()[k] = k % 4 == 0 ? static_cast<char>(random() % 5) : 0;
    run.base[i] = memory.back().get();
  }
  for (int i = 0; i < program.num_consts; i++) {
    program.const_data[static_cast<size_t>(i)] = run.base[static_cast<size_t>(program.const_loc(i))];
  }
  Execute(run);
  for (Buffer* output : run.outputs) {
    if (output != nullptr) output->Unref();
  }
  return run.status == Status::kOk;
}

}  // namespace

TEST(program_fuzz_real_kernels) {
  const size_t limit = MemoryLimit();
  SetMemoryLimitForTest(HeldBytes() + (16 << 20));
  std::mt19937_64 random(11);
  for (int t = 0; t < kNumTables; t++) {
    if (!kTables[t]->supported()) continue;
    for (int kernel = 0; kernel < kTables[t]->num_kernels; kernel++) {
      const std::string name = kTables[t]->kernels[kernel].name;
      const Words seeds[] = {Seed(*kTables[t], kernel).Encode(),
                             Seed(*kTables[t], kernel, name == "matmul.f32").Encode()};
      int ran = 0;
      for (int round = 0; round < 400; round++) {
        Words words = seeds[round % 2];
        const int changes = round < 2 ? 0 : 1 + static_cast<int>(random() % 3);
        for (int i = 0; i < changes; i++) {
          double& word = words[6 + random() % (words.size() - 6)];
          const double near = word + static_cast<double>(random() % 3) - 1;
          word = random() % 3 == 0 ? near : kNasty[random() % std::size(kNasty)];
        }
        std::string error;
        const auto program = Prepare(*kTables[t], 1, words.data(), words.size(), &error);
        if (round < 2) CHECK_EQ(name + ": " + error, name + ": ");
        if (program == nullptr || !(program->cost < 1e7)) continue;
        ran += RunExactly(*program, random);
      }
      if (ran == 0) test::Fail(__FILE__, __LINE__, name + " never ran");
    }
  }
  SetMemoryLimitForTest(limit);
}

TEST(program_kernels_write_only_what_is_theirs) {
  const KernelTable& table = *kTables[kNumTables - 1];
  const auto refuse = [&](const char* kernel, size_t view, ViewWords words, const char* part_of_message) {
    for (int k = 0; k < table.num_kernels; k++) {
      if (std::string(table.kernels[k].name) != kernel) continue;
      ProgramWords program = Seed(table, k);
      program.steps[0].views[view] = std::move(words);
      const Words encoded = program.Encode();
      std::string error;
      CHECK(Prepare(table, 1, encoded.data(), encoded.size(), &error) == nullptr);
      CHECK(error.find(part_of_message) != std::string::npos);
    }
  };
  refuse("gather", 2, {1, 0, 0, {24}, {1}}, "writes an input");
  refuse("takeAlong", 2, {0, 0, 0, {12}, {1}}, "writes an input");
  refuse("scatter.set", 0, {0, 0, 0, {30}, {1}}, "writes an input");
  refuse("topk.f32", 0, {0, 8, 0, {12}, {1}}, "writes an input");
  refuse("sample", 3, {0, 8, 0, {4}, {1}}, "writes an input");
  refuse("attention.f32", 0, {0, 0, 0, {2, 4, 2, 3}, {24, 3, 12, 1}}, "writes an input");
  refuse("attention.f32", 1, {2, 0, 0, {2, 4, 2, 2}, {16, 4, 2, 1}}, "would write what it reads");
  refuse("gather", 0, {2, 0, 20, {2, 5, 3}, {15, 3, 1}}, "would write what it reads");
  refuse("scatter.add.f32", 2, {2, 0, 29, {2, 4, 3}, {12, 3, 1}}, "would write what it reads");
}
