// Packed weights: every format against sums over weights decoded here, from GGUF's description of its blocks.
#include "matmul_fixture.h"
#include "packed_isas.h"

using namespace kernel;

namespace {

float Half(const uint8_t* p) {
  uint16_t bits;
  memcpy(&bits, p, 2);
  return static_cast<float>(HalfValue(bits));
}

// How a format's weights are stored, and what they mean.
struct Format {
  const char* name;
  int64_t group, bytes;  // elements along k and bytes of a block; without blocks: 1, bytes of a number
  void (*decode)(const uint8_t* block, double* out);
};

void DecodeQ8(const uint8_t* block, double* out) {
  for (int i = 0; i < 32; i++) out[i] = double{Half(block)} * static_cast<int8_t>(block[2 + i]);
}
void DecodeQ4(const uint8_t* block, double* out) {
  for (int i = 0; i < 16; i++) {
    out[i] = double{Half(block)} * ((block[2 + i] & 15) - 8);
    out[i + 16] = double{Half(block)} * ((block[2 + i] >> 4) - 8);
  }
}
void DecodeQ4K(const uint8_t* block, double* out) {
  // Scales and mins of eight sub-blocks: six bits each, the upper two of the last four in the bytes of the
  // first.
  const uint8_t* s = block + 4;
  for (int sub = 0; sub < 8; sub++) {
    int scale = s[sub % 4] & 63, min = s[4 + sub % 4] & 63;
    if (sub >= 4) {
      scale = (s[8 + sub - 4] & 15) + 16 * (s[sub - 4] >> 6);
      min = s[8 + sub - 4] / 16 + 16 * (s[sub] >> 6);
    }
    for (int i = 0; i < 32; i++) {
      const int byte = block[16 + sub / 2 * 32 + i];
      out[sub * 32 + i] = double{Half(block)} * scale * (sub % 2 == 0 ? byte % 16 : byte / 16) -
                          double{Half(block + 2)} * min;
    }
  }
}
void DecodeQ6K(const uint8_t* block, double* out) {
  for (int half = 0; half < 2; half++) {
    const uint8_t *low = block + half * 64, *high = block + 128 + half * 32;
    for (int i = 0; i < 32; i++) {
      const int parts[] = {low[i] % 16, low[32 + i] % 16, low[i] / 16, low[32 + i] / 16};
      for (int q = 0; q < 4; q++) {
        const int element = half * 128 + q * 32 + i;
        const auto scale = static_cast<int8_t>(block[192 + element / 16]);
        out[element] = double{Half(block + 208)} * scale * (parts[q] + 16 * (high[i] >> (2 * q) & 3) - 32);
      }
    }
  }
}
void DecodeF32(const uint8_t* p, double* out) {
  *out = Get(reinterpret_cast<const char*>(p), DType::k_f32, 0);
}
void DecodeF16(const uint8_t* p, double* out) {
  *out = Get(reinterpret_cast<const char*>(p), DType::k_f16, 0);
}
void DecodeBF16(const uint8_t* p, double* out) {
  *out = Get(reinterpret_cast<const char*>(p), DType::k_bf16, 0);
}
void DecodeI8(const uint8_t* p, double* out) { *out = static_cast<int8_t>(*p); }

const Format kFormats[] = {{"f32", 1, 4, DecodeF32},      {"f16", 1, 2, DecodeF16},
                           {"bf16", 1, 2, DecodeBF16},    {"i8", 1, 1, DecodeI8},
                           {"q8_0", 32, 34, DecodeQ8},    {"q4_0", 32, 18, DecodeQ4},
                           {"q4_k", 256, 144, DecodeQ4K}, {"q6_k", 256, 210, DecodeQ6K}};
const DType kStored[] = {DType::k_f32,  DType::k_f16,  DType::k_bf16, DType::k_i8,
                         DType::k_q8_0, DType::k_q4_0, DType::k_q4_k, DType::k_q6_k};
bool HasBlocks(const Format& f) { return f.group > 1; }

// Random weights of N columns, each K numbers (or blocks) one after another.
std::vector<uint8_t> Weights(const Format& f, int64_t n, int64_t k, Dice& dice) {
  std::vector<uint8_t> bytes(static_cast<size_t>(n * (k / f.group) * f.bytes));
  for (size_t i = 0; i < bytes.size(); i += static_cast<size_t>(f.bytes)) {
    for (int64_t j = 0; j < f.bytes; j++)
      bytes[i + static_cast<size_t>(j)] = static_cast<uint8_t>(dice.Roll(256));
    // Numbers and factors stay ordinary.
    const auto put = [&](size_t at, DType dtype) {
      Set(reinterpret_cast<char*>(bytes.data() + i + at), dtype, 0,
          static_cast<double>(dice.Roll(255) - 127) / 64);
    };
    if (!HasBlocks(f) && f.bytes > 1) put(0, kStored[&f - kFormats]);
    if (HasBlocks(f)) put(strcmp(f.name, "q6_k") == 0 ? 208 : 0, DType::k_f16);
    if (strcmp(f.name, "q4_k") == 0) put(2, DType::k_f16);
  }
  return bytes;
}

// Activations that no format rounds: whole numbers, of which each 16 have one of magnitude 127.
std::vector<float> Activations(int64_t m, int64_t k, Dice& dice) {
  std::vector<float> a(static_cast<size_t>(m * k));
  for (size_t i = 0; i < a.size(); i++) {
    a[i] = static_cast<float>(i % static_cast<size_t>(k) % 16 == 3 ? 127 : dice.Roll(255) - 127);
  }
  if (k <= 3) a.assign(a.size(), 127);
  return a;
}

int64_t ImageBytes(const KernelTable& table, const std::string& format, int64_t n, int64_t k) {
  for (int i = 0; i < table.num_formats; i++) {
    if (format == table.formats[i].name) return table.formats[i].image_bytes(n, k);
  }
  return -1;
}

mia::View WeightView(const Format& f, int64_t n, int64_t k) {
  return MakeView(0, kStored[&f - kFormats], {k, n}, {1, k});
}

void CheckLinear(const KernelTable& table, const Format& f, int64_t m, int64_t n, int64_t k, int64_t piece,
                 Dice& dice) {
  std::vector<uint8_t> weights = Weights(f, n, k, dice);
  std::vector<float> a = Activations(m, k, dice);
  const int64_t bytes = ImageBytes(table, f.name, n, k);
  const Memory image(static_cast<size_t>(bytes)), c(static_cast<size_t>(m * n) * 4);
  Call pack;
  pack.kernel = std::string("pack.") + f.name;
  pack.ints = {n, k};
  pack.views = {WeightView(f, n, k), Linear(1, DType::k_u32, bytes / 4)};
  pack.piece = piece;
  CHECK(pack.Run(table, {reinterpret_cast<char*>(weights.data()), image.data()}));
  CHECK(image.Intact());

  Call call;
  call.kernel = std::string("linear.") + f.name + ".f32";
  call.ints = {m, n, k};
  call.views = {MakeView(0, DType::k_f32, {m, k}, {k, 1}), Linear(1, DType::k_u32, bytes / 4)};
  call.piece = piece;
  const bool plain = dice.Roll(2) == 0;
  Tile twice;  // an epilogue of its own: 2 C
  twice.Reserve(1);
  const int two = twice.Const(Reg::k_f32, 2), product = twice.Op("mul.f32", 0, two);
  twice.Store(product, Linear(2, DType::k_f32, m * n));
  call.epilogue = plain ? StoreOf(Linear(2, DType::k_f32, m * n)) : twice;
  // Rows that do not lie together: A is the transpose of what is in memory.
  std::vector<float> turned(a.size());
  const bool strided = dice.Roll(3) == 0;
  if (strided) {
    for (int64_t i = 0; i < m; i++) {
      for (int64_t j = 0; j < k; j++)
        turned[static_cast<size_t>(j * m + i)] = a[static_cast<size_t>(i * k + j)];
    }
    call.views[0] = MakeView(0, DType::k_f32, {m, k}, {1, m});
  }
  CHECK(
      call.Run(table, {reinterpret_cast<char*>(strided ? turned.data() : a.data()), image.data(), c.data()}));
  CHECK(c.Intact());

  const float* const result = reinterpret_cast<const float*>(c.data());
  std::vector<double> column(static_cast<size_t>(k + f.group));
  for (int64_t j = 0; j < n; j++) {
    for (int64_t b = 0; b < k / f.group; b++) {
      f.decode(weights.data() + (j * (k / f.group) + b) * f.bytes, column.data() + b * f.group);
    }
    for (int64_t i = 0; i < m; i++) {
      double sum = 0, size = 0;
      for (int64_t x = 0; x < k; x++) {
        const double term = column[static_cast<size_t>(x)] * double{a[static_cast<size_t>(i * k + x)]};
        sum += term;
        size += fabs(term);
      }
      CHECK_NEAR(double{result[i * n + j]}, sum * (plain ? 1 : 2), 1e-6 * size + 1e-6);
    }
  }
}

// A [m, k] x weights, packed and multiplied.
std::vector<float> Product(const KernelTable& table, const Format& f, std::vector<uint8_t> weights,
                           std::vector<float> a, int64_t m, int64_t n, int64_t k) {
  const int64_t bytes = ImageBytes(table, f.name, n, k);
  const Memory image(static_cast<size_t>(bytes));
  std::vector<float> c(static_cast<size_t>(m * n));
  Call pack;
  pack.kernel = std::string("pack.") + f.name;
  pack.ints = {n, k};
  pack.views = {WeightView(f, n, k), Linear(1, DType::k_u32, bytes / 4)};
  CHECK(pack.Run(table, {reinterpret_cast<char*>(weights.data()), image.data()}));
  Call call;
  call.kernel = std::string("linear.") + f.name + ".f32";
  call.ints = {m, n, k};
  call.views = {MakeView(0, DType::k_f32, {m, k}, {k, 1}), Linear(1, DType::k_u32, bytes / 4)};
  call.epilogue = StoreOf(Linear(2, DType::k_f32, m * n));
  CHECK(
      call.Run(table, {reinterpret_cast<char*>(a.data()), image.data(), reinterpret_cast<char*>(c.data())}));
  return c;
}

}  // namespace

TEST(linear_matches_decoded_weights) {
  const int64_t rows[] = {1, 2, 3, 5, 6, 7, 12, 13, 17, 150};
  const int64_t cols[] = {1, 15, 16, 17, 31, 33, 64, 65, 129, 600};
  for (const auto* table : PackedIsas()) {
    for (const Format& f : kFormats) {
      for (unsigned i = 0; i < 24; i++) {
        Dice dice(i);
        const int64_t m = rows[(i * 7 + 3) % 10], n = cols[(i * 3 + 1) % 10];
        const int64_t k = HasBlocks(f) ? f.group * (1 + dice.Roll(4)) : 1 + dice.Roll(i % 4 == 0 ? 1500 : 70);
        CheckLinear(*table, f, m, n, k, dice.Roll(3), dice);
      }
      Dice dice(99);
      CheckLinear(*table, f, 20, 70, HasBlocks(f) ? 2560 : 2500, 0, dice);
    }
  }
}

// What is rounded: a row of one large and many small numbers is still within half a step of its scale.
TEST(linear_quantises_activations_by_block) {
  for (const auto* table : PackedIsas()) {
    for (const Format* format : {&kFormats[3], &kFormats[4]}) {
      const Format& f = *format;
      const int64_t n = 20, k = 64;
      Dice dice(5);
      std::vector<uint8_t> weights(static_cast<size_t>(n * (k / f.group) * f.bytes), 1);
      std::vector<float> a(static_cast<size_t>(k));
      for (size_t i = 0; i < a.size(); i++)
        a[i] = i == 0 ? 1000.0f : 0.37f * static_cast<float>(dice.Roll(9));
      const std::vector<float> c = Product(*table, f, weights, a, 1, n, k);
      double unit = 1, sum = 0;  // the weight that all of them are
      std::vector<double> block(32, 1);
      if (HasBlocks(f)) f.decode(weights.data(), block.data()), unit = block[0];
      for (float x : a) sum += double{x};
      const double half_step =
          (HasBlocks(f) ? 32 * 1000.0 / 254 + 32 * 3.0 / 254 : 64 * 1000.0 / 254) * fabs(unit);
      for (float value : c) CHECK_NEAR(double{value}, sum * unit, half_step);
    }
  }
}

// One NaN or infinity in a row of A: its results are no numbers, those of the other row are.
TEST(linear_shows_what_is_no_number) {
  const int64_t n = 40, k = 512;
  for (const auto* table : PackedIsas()) {
    for (const Format& f : kFormats) {
      Dice dice(7);
      std::vector<uint8_t> weights = Weights(f, n, k, dice);
      for (const float bad : {NAN, INFINITY, -INFINITY}) {
        std::vector<float> a = Activations(2, k, dice);
        a[77] = bad;
        const std::vector<float> c = Product(*table, f, weights, a, 2, n, k);
        for (size_t j = 0; j < c.size(); j++)
          CHECK_EQ(isfinite(c[j]) ? 1 : 0, j < static_cast<size_t>(n) ? 0 : 1);
      }
    }
  }
}

// Integer sums are exact and scaled alike, so that bytes give the same bits on every ISA. Matrix tiles of
// hardware and of plain C++ also do with bf16: both round as the manual says.
TEST(linear_gives_the_same_bits) {
  const auto has_tiles = [](const KernelTable* table) { return strcmp(table->isa, "amx") == 0; };
  const KernelTable* const plain = &PlainTiles();
  for (const Format* format : {&kFormats[2], &kFormats[3]}) {
    const Format& f = *format;
    for (const int64_t m : {5, 16, 37, 150}) {
      const int64_t n = 90, k = 2304;
      Dice dice(static_cast<unsigned>(m));
      const std::vector<uint8_t> weights = Weights(f, n, k, dice);
      std::vector<float> a = Random<float>(static_cast<size_t>(m * k), 3, 1);
      const std::vector<float> expected = Product(*plain, f, weights, a, m, n, k);
      for (const auto* table : PackedIsas()) {
        if (strcmp(f.name, "i8") != 0 && !has_tiles(table)) continue;
        const std::vector<float> result = Product(*table, f, weights, a, m, n, k);
        CHECK_EQ(memcmp(result.data(), expected.data(), result.size() * 4), 0);
      }
    }
  }
}

TEST(linear_refuses) {
  const auto* table = Isas().back();
  std::vector<char> memory(1 << 16);
  char* const p = memory.data();
  const int64_t bytes = ImageBytes(*table, "q8_0", 4, 64);
  const auto refused = [&](const char* kernel, std::vector<int64_t> ints, mia::View a, mia::View image,
                           mia::View out) {
    Call call;
    call.kernel = kernel;
    call.ints = std::move(ints);
    call.views = {a, image};
    call.epilogue = StoreOf(out);
    return !call.Run(*table, {p, p + 4096, p + 32768});
  };
  const auto f32 = DType::k_f32, u8 = DType::k_u8, u32 = DType::k_u32;
  const mia::View a = MakeView(0, f32, {2, 64}, {64, 1}), image = Linear(1, u32, bytes / 4),
                  out = Linear(2, f32, 8);
  CHECK(!refused("linear.q8_0.f32", {2, 4, 64}, a, image, out));
  CHECK(refused("linear.q8_0.f32", {2, 4}, a, image, out));
  CHECK(refused("linear.q8_0.f32", {2, 4, 63}, MakeView(0, f32, {2, 63}, {64, 1}), image, out));
  CHECK(refused("linear.q8_0.f32", {2, 4, 64}, a, Linear(1, u32, bytes / 4 - 1), out));
  CHECK(refused("linear.q8_0.f32", {2, 4, 64}, a, Linear(1, DType::k_i32, bytes / 4), out));
  CHECK(refused("linear.q8_0.f32", {2, 4, 64}, MakeView(0, DType::k_i32, {2, 64}, {64, 1}), image, out));
  CHECK(refused("linear.q8_0.f32", {2, 4, 64}, a, image, Linear(2, f32, 9)));
  CHECK(refused("linear.q8_0.f32", {-2, -4, 64}, a, image, out));
  const auto q8_0 = DType::k_q8_0;
  CHECK(!refused("pack.q8_0", {4, 64}, MakeView(0, q8_0, {64, 4}, {1, 64}), image, out));
  CHECK(refused("pack.q8_0", {4, 64}, MakeView(0, q8_0, {64, 4}, {32, 1}), image, out));
  CHECK(refused("pack.q8_0", {4, 64}, MakeView(0, q8_0, {32, 4}, {1, 64}), image, out));
  CHECK(refused("pack.q8_0", {4, 64}, MakeView(0, u8, {64, 4}, {1, 64}), image, out));
  CHECK(refused("pack.q8_0", {4, 64}, MakeView(0, q8_0, {64, 4}, {1, 64}), Linear(1, u32, bytes / 4 + 16),
                out));
}
