// sample: an id drawn from each row of logits. ints [rows, vocab]; views [logits (f32, any strides), seen (bool, rows *
// vocab, any strides), settings (f32, rows * 6, any strides), out (i32, linear, rows)]. Settings: temperature, topK,
// topP, minP, repetitionPenalty, a number in [0, 1). NaN is never drawn, nor -infinity where there is anything else.
#pragma once

#include "kernels/select.inl"
#include "kernels/tile.inl"

MIA_BEGIN

constexpr int kSampleSettings = 6;
constexpr int64_t kSampleBlock = 64;  // elements whose largest is remembered
static_assert(kTile % kSampleBlock == 0 && kSampleBlock % kLanes == 0, "blocks are whole vectors of one tile");

// Floats of a buffer of a row: whole vectors of every ISA, and of doubles, one for each tile.
MIA_INLINE int64_t SampleBuffer(int64_t vocab) { return BlocksOf(vocab, 16) * 16; }
MIA_INLINE size_t SampleRowBytes(int64_t vocab) { return 2 * sizeof(float) * static_cast<size_t>(SampleBuffer(vocab)); }
// Rows that do not fit the thread's scratch get shared memory.
inline size_t SampleShared(const Step& step) {
  const size_t row = SampleRowBytes(step.ints[1]);
  return row <= kKernelScratchBytes ? 0 : row * static_cast<size_t>(step.ints[0]);
}

// What the numbers of a row ask for; what makes no sense asks for nothing.
struct SampleSettings {
  float temperature;  // 0: the largest
  int64_t top_k;      // 0: all
  double top_p;       // 1: all
  float min_p, penalty;
  double uniform;

  SampleSettings(const float* s, int64_t vocab) {
    temperature = s[0] > 0 ? (s[0] < FLT_MIN ? FLT_MIN : s[0] > FLT_MAX ? FLT_MAX : s[0]) : 0;
    top_k = s[1] >= 1 && s[1] < static_cast<float>(vocab) ? static_cast<int64_t>(s[1]) : 0;
    top_p = s[2] < 1 ? MaxOf(static_cast<double>(s[2]), 0.0) : 1;
    min_p = s[3] > 0 ? (s[3] < 1 ? s[3] : 1) : 0;
    penalty = s[4] > 0 && s[4] <= FLT_MAX ? s[4] : 1;
    uniform = s[5] > 0 ? (s[5] < 1 ? static_cast<double>(s[5]) : 1) : 0;
  }
};

struct SampleRow {
  float* x;     // logits, then weights e^((x - highest) / temperature); to whole vectors with what weighs nothing
  float* list;  // the largest of each block at first, then elements in question, then sums of tiles
  int64_t vocab, padded;
  float highest;

  // Penalised logits: numbers or -infinity.
  MIA_NOINLINE void Read(const Step& step, const Frame& frame, int64_t row, float penalty) {
    alignas(64) char home[kRegBytes], marks[kRegBytes];
    const Vec times = Set(penalty), least = Set(-INFINITY), most = Set(FLT_MAX);
    highest = -INFINITY;
    for (int64_t at = 0; at < vocab; at += kTile) {
      const int n = static_cast<int>(MinOf(kTile, vocab - at));
      const int64_t first = row * vocab + at;
      const auto* from = static_cast<const f32*>(LoadTile(step.views[0], frame.base, first, n, home, true));
      const i32* seen = nullptr;
      if (penalty != 1) seen = static_cast<const i32*>(LoadTile(step.views[1], frame.base, first, n, marks, false));
      for (int begin = 0; begin < n; begin += kSampleBlock) {
        const int end = static_cast<int>(MinOf(n, begin + kSampleBlock));
        Vec high = least;
        for (int i = begin; i < end; i += kLanes) {
          const int left = end - i;
          Vec v = left < kLanes ? LoadPartial(from + i, left) : Load(from + i);
          if (seen != nullptr) {
            const Vec less = Select(Lt(Zero(), v), Div(v, times), Mul(v, times));
            v = Select(NotZero(Load(seen + i)), less, v);
          }
          v = Add(Min(Max(v, least), most), Zero());  // NaN becomes -infinity, -0 becomes 0
          if (left < kLanes) v = SelectFirst(left, v, least);
          Store(x + at + i, v);
          high = Max(high, v);
        }
        const float top = MaxOfLanes(high);
        list[(at + begin) / kSampleBlock] = top;
        highest = MaxOf(highest, top);
      }
    }
  }

  i32 Greedy() const {
    int64_t i = 0;
    while (list[i] != highest) i++;
    i *= kSampleBlock;
    while (x[i] != highest) i++;
    return static_cast<i32>(i);
  }

  // Brings the elements that are at least `least` together; gives their number.
  MIA_NOINLINE int64_t Collect(float least) {
    const Vec bound = Set(least);
    int64_t n = 0;
    for (int64_t i = 0; i < padded; i += kLanes) {
      if (!Any(Le(bound, Load(x + i)))) continue;
      for (int64_t j = i; j < i + kLanes; j++) {
        list[n] = x[j];
        n += x[j] >= least ? 1 : 0;
      }
    }
    return n;
  }

  // The k-th largest. It is not less than the k-th largest of the blocks' largest, which leaves few in question.
  float LeastOfTop(int64_t k) {
    const int64_t blocks = BlocksOf(vocab, kSampleBlock);
    const double wanted = static_cast<double>(k);
    const float bound = k <= blocks ? LargestOf<ByCount>(list, blocks, wanted).least : -INFINITY;
    return LargestOf<ByCount>(list, Collect(bound), wanted).least;
  }

  // Logits from `least` on to weights, others to 0; gives their sum.
  MIA_NOINLINE double Weigh(float least, float temperature) {
    const Vec bound = Set(least), center = Set(highest), scale = Set(1 / temperature);
    double sum = 0;
    for (int64_t i = 0; i < padded; i += kTile) {
      const int n = static_cast<int>(MinOf(kTile, padded - i));
      Apply(x + i, x + i, n, [=](Vec v) {
        return Select(Le(bound, v), Exp(Mul(Sub(v, center), scale)), Zero());
      });
      SumsOver<1>(x + i, n, &sum, [](Vec v, Vec* terms) { terms[0] = v; });
    }
    return sum;
  }

  // Of the weights from min_p on those that are the fewest to reach top_p of the sum. Those below (1 - top_p) / vocab
  // of it do not sum up to what may be left out.
  Prefix Nucleus(double top_p, float min_p, double sum) {
    if (top_p >= 1) return {min_p, vocab};
    const auto rest = static_cast<float>((1 - top_p) * sum / static_cast<double>(vocab) * 0.999);
    return LargestOf<BySum>(list, Collect(MaxOf(min_p, rest)), top_p * sum);
  }

  // Leaves weights from `end` on.
  MIA_NOINLINE void Keep(Prefix end) {
    const Vec bound = Set(end.least);
    Apply(x, x, static_cast<int>(padded), [=](Vec v) { return Select(Le(bound, v), v, Zero()); });
    if (end.ties >= vocab) return;
    int64_t ties = 0;
    for (int64_t i = 0; i < vocab; i++) {
      if (x[i] == end.least && ++ties > end.ties) x[i] = 0;
    }
  }

  // The first id up to which the weights exceed `uniform` of their sum.
  MIA_NOINLINE i32 Draw(double uniform) {
    double* const sums = reinterpret_cast<double*>(list);
    const int64_t tiles = BlocksOf(padded, kTile);
    double total = 0;
    for (int64_t t = 0; t < tiles; t++) {
      sums[t] = 0;
      SumsOver<1>(x + t * kTile, static_cast<int>(MinOf(kTile, padded - t * kTile)), &sums[t],
                  [](Vec v, Vec* terms) { terms[0] = v; });
      total += sums[t];
    }
    const double wanted = uniform * total;
    double before = 0;
    int64_t tile = 0, last = 0;  // of the tiles that weigh anything
    for (int64_t t = 0; t < tiles; t++) {
      if (sums[t] == 0) continue;
      tile = t;
      if (before + sums[t] > wanted) break;
      before += sums[t];
    }
    for (int64_t i = tile * kTile; i < MinOf(vocab, (tile + 1) * kTile); i++) {
      if (x[i] == 0) continue;
      last = i;
      before += static_cast<double>(x[i]);
      if (before > wanted) break;
    }
    return static_cast<i32>(last);
  }
};

// Units are rows.
inline void SampleRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const int64_t vocab = step.ints[1], size = SampleBuffer(vocab);
  i32* const out = reinterpret_cast<i32*>(LinearMemory(step.views[3], frame.base, 0));
  const bool shared = SampleShared(step) != 0;
  alignas(64) char home[kRegBytes];
  for (int64_t r = begin; r < end; r++) {
    const SampleSettings s(static_cast<const f32*>(LoadTile(step.views[2], frame.base, r * kSampleSettings,
                                                            kSampleSettings, home, false)),
                           vocab);
    char* const memory = shared ? frame.shared + static_cast<size_t>(r) * SampleRowBytes(vocab) : KernelScratch(frame);
    float* const x = reinterpret_cast<float*>(memory);
    SampleRow row{x, x + size, vocab, BlocksOf(vocab, kLanes) * kLanes, 0};
    row.Read(step, frame, r, s.penalty);
    if (s.temperature == 0 || row.highest == -INFINITY) {
      out[r] = row.Greedy();
      continue;
    }
    const double sum = row.Weigh(s.top_k == 0 ? -INFINITY : row.LeastOfTop(s.top_k), s.temperature);
    if (s.top_p < 1 || s.min_p > 0) row.Keep(row.Nucleus(s.top_p, s.min_p, sum));
    out[r] = row.Draw(s.uniform);
  }
}

inline Work SampleWork(const Step& step, int) {
  const double cost = static_cast<double>(step.ints[1]) * (1 + 6.0 / kLanes);
  return {step.ints[0], 1, cost};
}

inline const char* SampleCheck(const Step& step) {
  if (step.num_ints != 2 || step.num_views != 4) return "sample takes ints [rows, vocab] and four views";
  const int64_t n = SizeProduct(step.ints, 2);
  if (n < 0 || step.ints[1] < 1 || step.ints[1] > INT32_MAX - kTile) return "sample's sizes are out of range";
  const View &logits = step.views[0], &seen = step.views[1], &settings = step.views[2], &out = step.views[3];
  if (logits.dtype != DType::k_f32 || logits.count != n) return "sample's logits are not rows * vocab f32";
  if (seen.dtype != DType::k_bool || seen.count != n) return "sample's seen is not rows * vocab bool";
  if (settings.dtype != DType::k_f32 || settings.count != step.ints[0] * kSampleSettings) {
    return "sample's settings are not rows * 6 f32";
  }
  if (out.dtype != DType::k_i32 || out.access != Access::kLinear || out.count != step.ints[0]) {
    return "sample's output is not rows i32";
  }
  return nullptr;
}

MIA_END
