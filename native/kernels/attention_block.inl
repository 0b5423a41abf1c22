// A block of query rows against blocks of keys, by online softmax (Milakov and Gimelshein 2018; Dao et al.
// 2022): scores of a few rows at a time stay in L1, and never all of them exist.
#pragma once

#include "kernels/attention_dots.inl"
#include "kernels/attention_softmax.inl"

MIA_BEGIN

template <class T>
struct AttentionBlock {
  using Problem = AttentionProblem<T>;
  static constexpr int kCount = Problem::kCount;
  const Problem& p;
  const Frame& frame;
  T* const queries;     // [block_rows, q_row], scaled
  T* const results;     // [block_rows, v_row]
  T* const k_block;     // panels [features, panel]
  T* const v_block;     // [block_keys, v_row]
  T* const scores;      // [rows of a tile, block_keys]
  T* const statistics;  // [2, block_rows]: the largest score so far, the sum of exponentials
  int64_t batch, group, row0;

  AttentionBlock(const Problem& problem, const Frame& f)
      : p(problem),
        frame(f),
        queries(At(0)),
        results(queries + p.block_rows * p.q_row),
        k_block(At(kQueryBytes)),
        v_block(k_block + p.block_keys * p.q_row),
        scores(At(kQueryBytes + kKeyBytes)),
        statistics(At(kQueryBytes + kKeyBytes + kScoreBytes)) {}
  T* At(int64_t bytes) const { return reinterpret_cast<T*>(frame.scratch + bytes); }

  // Rows go by positions, and by heads of the group where they share one.
  int64_t position(int64_t r) const { return p.share == 1 ? r : r / p.share; }
  int64_t head(int64_t r) const { return group * p.share + (p.share == 1 ? 0 : r % p.share); }
  T* ScoresOf(int64_t row) const { return scores + row * p.block_keys; }
  T& top(int64_t r) const { return statistics[r - row0]; }
  T& sum(int64_t r) const { return statistics[p.block_rows + r - row0]; }
  T* result(int64_t r) const { return results + (r - row0) * p.v_row; }
  const T* query(int64_t r) const { return queries + (r - row0) * p.q_row; }

  // Rows [begin, end) of the group at hand, row0 first, against keys [from, to).
  void Run(int64_t begin, int64_t end, int64_t from, int64_t to) {
    LoadQueries(begin, end);
    for (int64_t r = begin; r < end; r++) {
      top(r) = -INFINITY;
      sum(r) = 0;
    }
    memset(results, 0, (end - begin) * p.v_row * sizeof(T));
    ForSequences(p, frame, batch, begin, end, [&](const Sequence& s) { Attend(s, from, to); });
  }

  void LoadQueries(int64_t begin, int64_t end) const {
    const int64_t together = p.share == 1 ? end - begin : 1;  // rows of one head
    for (int64_t r = begin; r < end; r += together) {
      const Source source{RowMemory(*p.q, frame, batch, head(r), position(r)), p.q->dtype, StrideOf(*p.q, 1),
                          StrideOf(*p.q, 0)};
      Pack(queries + (r - begin) * p.q_row, p.q_row, source, together, p.features);
    }
    Scale(queries, (end - begin) * p.q_row, p.scale);
  }

  Sight SightOfRows(const Sequence& s, int64_t begin, int64_t end, int64_t from, int64_t to) const {
    const int64_t first = SightOf(p, s, position(begin)).first, last = SightOf(p, s, position(end - 1)).last;
    return {MaxOf(first, from), MinOf(last, to)};
  }

  void Attend(const Sequence& s, int64_t from, int64_t to) {
    const Sight all = SightOfRows(s, s.begin, s.end, from, to);
    for (int64_t k0 = all.first, k1; k0 < all.last; k0 = k1) {
      const Place place = PlaceOf(p, frame, batch, k0);
      if (place.entry < 0) return;
      k1 = MinOf(k0 + MinOf(p.block_keys, p.span - place.row), all.last);
      const Source k = KeysFrom(*p.k, place), v = KeysFrom(*p.v, place);
      if (!p.dots) {
        Fetch(k, k1 - k0, p.features);
        Fetch(v, k1 - k0, p.values);
        for (int64_t j = 0; j < k1 - k0; j += p.panel) {
          Pack(k_block + j * p.features, p.panel, Source{k.From(j, 0).data, k.dtype, k.stride, k.k_stride},
               p.features, MinOf(p.panel, k1 - k0 - j));
        }
      }
      if (!p.v_in_place) Pack(v_block, p.v_row, v, k1 - k0, p.values);
      for (int64_t r = s.begin, count; r < s.end; r += count) {
        count = NextRows<T>(s.end - r);
        const Sight sight = SightOfRows(s, r, r + count, k0, k1);
        if (sight.first >= sight.last) continue;
        // Columns of the block: those that some row sees, out to whole vectors.
        const int64_t begin = (sight.first - k0) / kCount * kCount, end = RoundUp(sight.last - k0, kCount);
        if constexpr (kSame<T, float>) {
          if (p.dots) {
            const int64_t k_bytes = DTypeBytes(k.dtype), v_bytes = DTypeBytes(v.dtype);
            const Dots dots{query(r),
                            p.q_row,
                            p.features,
                            static_cast<const char*>(k.data),
                            k.k_stride * k_bytes,
                            k1 - k0,
                            static_cast<const char*>(v.data),
                            v.k_stride * v_bytes,
                            p.values * v_bytes,
                            scores,
                            p.block_keys};
            ScoreByDots(k.dtype, dots, count, sight.first - k0, sight.last - k0);
          }
        }
        if (!p.dots) ScoreByTiles(r, count, begin, end);
        T highest[kDotRows];
        for (int64_t i = 0; i < count; i++) highest[i] = Finish(s, r + i, ScoresOf(i), k0, k1, begin, end);
        for (int64_t i = 0; i < count; i++) Weigh(r + i, ScoresOf(i) + begin, end - begin, highest[i]);
        AddValues(v, r, count, sight.first - k0, sight.last - k0);
      }
    }
  }

  // All rows at once: those of a head often lie apart, which the CPU does not foresee.
  static void Fetch(const Source& source, int64_t rows, int64_t cols) {
    for (int64_t j = 0; j < rows; j++) {
      Prefetch(static_cast<const char*>(source.From(j, 0).data), cols * DTypeBytes(source.dtype));
    }
  }

  // Rows are keys: k along them, columns along features.
  Source KeysFrom(const View& view, const Place& place) const {
    return {RowMemory(view, frame, place.entry, group, place.row), view.dtype, StrideOf(view, 1),
            StrideOf(view, 0)};
  }

  void ScoreByTiles(int64_t r, int64_t count, int64_t begin, int64_t end) const {
    for (int64_t j = begin / p.panel * p.panel; j < end; j += p.panel) {
      const T* const b = k_block + j * p.features;
      const int vecs = static_cast<int>(MinOf(p.panel, end - j) / kCount);
      FindTileKernel<T>(static_cast<int>(count),
                        vecs)({p.features, query(r), p.q_row, 1, b, p.panel, scores + j, p.block_keys, kCount,
                               false, Ahead{reinterpret_cast<const char*>(b), 0, 0}});
    }
  }

  // Products become scores, -infinity where the row sees nothing. Gives the largest.
  T Finish(const Sequence& s, int64_t r, T* row, int64_t k0, int64_t k1, int64_t begin, int64_t end) const {
    if (p.softcap > 0) Cap(row + begin, end - begin, p.softcap);
    const Sight own = SightOf(p, s, position(r));
    const int64_t first = MinOf(MaxOf(own.first - k0, begin), end),
                  last = MaxOf(MinOf(own.last, k1) - k0, first);
    Hide(row, begin, first);
    if (p.mask != nullptr && first < last) {
      const char* const mask = RowMemory(*p.mask, frame, batch, head(r), position(r), k0 + first);
      ApplyMask(row + first, last - first, mask, p.mask->dtype, StrideOf(*p.mask, 0));
    }
    Hide(row, last, end);
    return HighestOf(row + begin, end - begin);
  }

  // Scores of a row become exponentials of their distance to the largest so far; what came before is scaled
  // to it.
  void Weigh(int64_t r, T* row, int64_t n, T highest) const {
    const T before = top(r), now = highest > before ? highest : before;
    // Where all is hidden exponentials of -infinity are 0, and NaN stays NaN.
    const T added = Exponentials(row, n, now == -INFINITY ? 0 : now);
    if (now != before) {
      if (before != -INFINITY) {
        const T factor = ExpOf(before - now);
        Scale(result(r), p.v_row, factor);
        sum(r) *= factor;
      }
      top(r) = now;
    }
    sum(r) += added;
  }

  // results += exponentials [count, begin .. end) x values
  void AddValues(const Source& v, int64_t r, int64_t count, int64_t begin, int64_t end) const {
    if (!p.v_in_place) return AddProducts<T>(v_block, p.v_row, r, count, begin, end);
    if constexpr (kSame<T, float>) {
      if (v.dtype == DType::k_f16) {
        return AddProducts<Narrow<DType::k_f16>>(v.data, v.k_stride, r, count, begin, end);
      }
      if (v.dtype == DType::k_bf16) {
        return AddProducts<Narrow<DType::k_bf16>>(v.data, v.k_stride, r, count, begin, end);
      }
    }
    AddProducts<T>(v.data, v.k_stride, r, count, begin, end);
  }
  template <class Product>
  void AddProducts(const void* values, int64_t stride, int64_t r, int64_t count, int64_t begin,
                   int64_t end) const {
    using B = typename Lanes<Product>::B;
    for (int64_t j = 0; j < p.v_row; j += kTileCols<T>) {
      const int vecs = static_cast<int>(MinOf(kTileCols<T>, p.v_row - j) / kCount);
      const B* const b = static_cast<const B*>(values) + begin * stride + j;
      FindTileKernel<Product>(static_cast<int>(count),
                              vecs)({end - begin, scores + begin, p.block_keys, 1, b, stride, result(r) + j,
                                     p.v_row, kCount, true, Ahead{reinterpret_cast<const char*>(b), 0, 0}});
    }
  }

  // A row is done: divided by its sum, or zeros where it saw nothing.
  void Write(int64_t r, T* row, T total, char* out) const {
    const T factor = total == 0 ? 0 : 1 / total;
    char* const memory =
        out + ((head(r) - group * p.share) * StrideOf(*p.out, 2) + position(r) * StrideOf(*p.out, 1)) *
                  DTypeBytes(p.out->dtype);
    if (SameAsRegister(p.out->dtype)) {
      T* const to = reinterpret_cast<T*>(memory);
      for (int64_t i = 0; i < p.values; i++) to[i] = row[i] * factor;
    } else {
      Scale(row, p.v_row, factor);
      ToMemory(p.out->dtype, memory, row, p.values);
    }
  }
  // Where results of the group at hand begin.
  char* Output() const { return RowMemory(*p.out, frame, batch, group * p.share, 0); }
};

MIA_END
