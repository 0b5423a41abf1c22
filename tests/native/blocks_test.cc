// Block dtypes: which views of them a program may have, and kernels that read and write them at any address.
#include <math.h>

#include "kernel_fixture.h"
#include "program_fixture.h"
#include "runtime/program.h"

using namespace mia;
using kernel::Call;
using kernel::Linear;
using kernel::MakeView;
using kernel::Memory;

namespace {

constexpr DType kBlocks[] = {DType::k_q8_0, DType::k_q4_0, DType::k_q4_k, DType::k_q6_k};
int64_t Elements(DType dtype) { return kDTypeElements[static_cast<int>(dtype)]; }
int64_t Bytes(DType dtype) { return kDTypeBytes[static_cast<int>(dtype)]; }

const KernelTable& Table() { return *kTables[kNumTables - 1]; }

// x [2, 64] times w [3, 64] transposed, w in q8_0: six blocks.
fixture::ProgramWords Product(fixture::ViewWords w) {
  fixture::ProgramWords words;
  words.inputs = {2 * 64 * 4, 6 * 34};
  words.outputs = {{2 * 3 * 4, -1}};
  fixture::StepWords step{double(kernel::KernelId(Table(), "matmul.f32")), {}, {}, {}, {}, {}};
  step.ints = {1, 2, 3, 64};
  step.views = {{0, 0, 0, {2, 64}, {64, 1}}, std::move(w)};
  step.epilogue.num_regs = 1;
  step.epilogue.views = {{2, 0, 0, {6}, {1}}};
  step.epilogue.stores = {{0, 0}};
  words.steps = {step};
  return words;
}

std::string Refusal(const fixture::ProgramWords& words) {
  const auto encoded = words.Encode();
  std::string error;
  return Prepare(Table(), 1, encoded.data(), encoded.size(), &error) == nullptr ? error : "";
}

void CheckRefused(const fixture::ProgramWords& words, const char* part_of_message) {
  const std::string error = Refusal(words);
  if (error.find(part_of_message) == std::string::npos) {
    test::Fail(__FILE__, __LINE__, "message '" + error + "' lacks '" + part_of_message + "'");
  }
}

// Zeros and numbers of one size and sign, which every format holds well.
std::vector<float> Sparse(int64_t n, float size) {
  std::vector<float> x(static_cast<size_t>(n));
  for (size_t i = 0; i < x.size(); i++) x[i] = i % 3 == 0 ? -size : 0;
  return x;
}

// x in blocks at `out`.
void Encode(const KernelTable& table, DType dtype, const std::vector<float>& x, char* out) {
  Call call;
  call.kernel = "encode.f32";
  const auto n = static_cast<int64_t>(x.size());
  call.ints = {n};
  call.views = {Linear(1, dtype, n)};
  call.prologue = kernel::LoadOf(Linear(0, DType::k_f32, n));
  call.piece = 1;
  CHECK(call.Run(table, {reinterpret_cast<char*>(const_cast<float*>(x.data())), out}));
}

}  // namespace

TEST(program_views_keep_blocks) {
  const auto q8_0 = static_cast<double>(DType::k_q8_0);
  CHECK_EQ(Refusal(Product({1, q8_0, 0, {64, 3}, {1, 64}})), "");
  CHECK_EQ(Refusal(Product({1, q8_0, 128, {64, 3}, {1, -64}})), "");
  CHECK_EQ(Refusal(Product({1, q8_0, 64, {64, 3}, {1, 0}})), "");
  CHECK_EQ(Refusal(Product({1, q8_0, 32, {64, 3}, {1, 32}})), "");
  CheckRefused(Product({1, q8_0, 1, {64, 3}, {1, 32}}), "cuts blocks of 32");
  CheckRefused(Product({1, q8_0, 0, {64, 3}, {1, 48}}), "cuts blocks of 32");
  CheckRefused(Product({1, q8_0, 0, {64, 3}, {2, 32}}), "cuts blocks of 32");
  CheckRefused(Product({1, q8_0, 0, {64, 3}, {0, 0}}), "cuts blocks of 32");
  CheckRefused(Product({1, q8_0, 0, {64, 3}, {32, 32}}), "cuts blocks of 32");
  CheckRefused(Product({1, q8_0, 0, {64, 3}, {3, 1}}), "cuts blocks of 32");
  CheckRefused(Product({1, q8_0, 32, {64, 3}, {1, 64}}), "reaches elements 32 to 223 of 34 bytes a block of 32");
  CheckRefused(Product({1, q8_0, 0, {64, 3}, {1, 96}}), "reaches elements");
  CheckRefused(Product({1, q8_0, 64, {64, 3}, {1, -64}}), "reaches elements -64");
  CheckRefused(Product({1, q8_0, 0, {64, 3}, {1, 0x1p52}}), "reaches");
  // q4_k: 204 bytes hold one block of 256, not two.
  CheckRefused(Product({1, static_cast<double>(DType::k_q4_k), 0, {64, 3}, {1, 64}}), "cuts blocks of 256");
}

TEST(program_gives_blocks_only_to_kernels_that_decode) {
  const auto q8_0 = static_cast<double>(DType::k_q8_0);
  auto left = Product({1, 0, 0, {64, 3}, {1, 0}});
  left.inputs = {6 * 34, 2048};
  left.steps[0].views[0] = {0, q8_0, 0, {2, 64}, {64, 1}};
  CheckRefused(left, "takes no blocks as view 0");

  auto wrong_axis = Product({1, q8_0, 0, {64, 3}, {1, 64}});
  wrong_axis.steps[0].ints = {1, 2, 64, 3};
  wrong_axis.steps[0].views = {{0, 0, 0, {2, 3}, {3, 1}}, {1, q8_0, 0, {3, 64}, {64, 1}}};
  wrong_axis.outputs = {{2 * 64 * 4, -1}};
  wrong_axis.steps[0].epilogue.views = {{2, 0, 0, {128}, {1}}};
  CheckRefused(wrong_axis, "blocks of B do not run along K");

  auto tile = Product({1, q8_0, 0, {64, 3}, {1, 64}});
  tile.steps[0].epilogue.views.push_back({1, q8_0, 0, {32}, {1}});
  CheckRefused(tile, "a tile program sees blocks");

  fixture::ProgramWords gather;
  gather.inputs = {6 * 34, 12};
  gather.outputs = {{6 * 34, -1}};
  fixture::StepWords step{double(kernel::KernelId(Table(), "gather")), {}, {}, {}, {}, {}};
  step.ints = {1, 3, 64, 3};
  step.views = {{0, q8_0, 0, {1, 3, 64}, {192, 64, 1}}, {1, 8, 0, {3}, {1}}, {2, q8_0, 0, {192}, {1}}};
  gather.steps = {step};
  CheckRefused(gather, "takes no blocks");
}

TEST(blocks_come_back_from_any_address) {
  for (const auto* isa : kernel::Isas()) {
    for (const DType dtype : kBlocks) {
      const int64_t n = 5 * Elements(dtype);
      const std::vector<float> x = Sparse(n, 24);
      const Memory blocks(static_cast<size_t>(5 * Bytes(dtype)) + 1), out(static_cast<size_t>(n) * sizeof(float));
      Encode(*isa, dtype, x, blocks.data() + 1);
      CHECK(blocks.Intact());
      Call call;
      call.kernel = "decode.f32";
      call.ints = {1, 5, Elements(dtype), 5};
      call.views = {MakeView(0, dtype, {1, 5, Elements(dtype)}, {0, Elements(dtype), 1})};
      call.epilogue = kernel::StoreOf(Linear(1, DType::k_f32, n));
      call.piece = 2;
      CHECK(call.Run(*isa, {blocks.data() + 1, out.data()}));
      CHECK(out.Intact());
      const auto* y = reinterpret_cast<const float*>(out.data());
      for (size_t i = 0; i < x.size(); i++) CHECK(fabsf(y[i] - x[i]) < 0.02f * 24);
    }
  }
}

TEST(decode_reads_only_the_rows_picked) {
  for (const auto* isa : kernel::Isas()) {
    for (const DType dtype : kBlocks) {
      const int64_t inner = 2 * Elements(dtype), row = 2 * Bytes(dtype);
      std::vector<char> table(static_cast<size_t>(4 * row));
      for (int r = 0; r < 4; r++) {
        const std::vector<float> numbers(static_cast<size_t>(inner), static_cast<float>(r - 8));
        Encode(*isa, dtype, numbers, table.data() + r * row);
      }
      const int64_t picks[] = {3, 0, 3};
      const Memory out(static_cast<size_t>(3 * inner) * sizeof(float));
      Call call;
      call.kernel = "decode.f32";
      call.ints = {1, 4, inner, 3};
      call.views = {MakeView(0, dtype, {1, 4, inner}, {0, inner, 1}), Linear(1, DType::k_i64, 3)};
      call.epilogue = kernel::StoreOf(Linear(2, DType::k_f32, 3 * inner));
      // The rows between are not there to be read.
      memset(table.data() + row, 0x7f, static_cast<size_t>(2 * row));
      CHECK(call.Run(*isa, {table.data(), reinterpret_cast<char*>(const_cast<int64_t*>(picks)), out.data()}));
      CHECK(out.Intact());
      const auto* y = reinterpret_cast<const float*>(out.data());
      for (int64_t i = 0; i < 3 * inner; i++) {
        CHECK(fabsf(y[i] - static_cast<float>(picks[i / inner] - 8)) < 0.1f);
      }
      const int64_t bad[] = {3, 4, 0};
      Status status;
      CHECK(call.Run(*isa, {table.data(), reinterpret_cast<char*>(const_cast<int64_t*>(bad)), out.data()}, &status));
      CHECK(status == Status::kIndexOutOfRange);
      CHECK_EQ(call.detail, 4);
    }
  }
}

// Any bytes are blocks: scales may be infinite or NaN, but nothing else happens.
TEST(blocks_may_say_anything) {
  for (const auto* isa : kernel::Isas()) {
    for (const DType dtype : kBlocks) {
      const int64_t k = 3 * Elements(dtype);
      const Memory w(static_cast<size_t>(7 * 3 * Bytes(dtype))), x(static_cast<size_t>(5 * k) * 4), out(5 * 7 * 4);
      std::mt19937 engine(static_cast<unsigned>(dtype));
      for (int64_t i = 0; i < 7 * 3 * Bytes(dtype); i++) w.data()[i] = static_cast<char>(engine());
      for (int64_t i = 0; i < 5 * k; i++) reinterpret_cast<float*>(x.data())[i] = 1;
      Call call;
      call.kernel = "matmul.f32";
      for (const int64_t m : {int64_t{1}, int64_t{5}}) {
        call.ints = {1, m, 7, k};
        call.views = {MakeView(0, DType::k_f32, {m, k}, {k, 1}), MakeView(1, dtype, {k, 7}, {1, k})};
        call.epilogue = kernel::StoreOf(Linear(2, DType::k_f32, m * 7));
        CHECK(call.Run(*isa, {x.data(), w.data(), out.data()}));
        CHECK(w.Intact() && x.Intact() && out.Intact());
      }
    }
  }
}
