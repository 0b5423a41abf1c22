// What one attention step asks for, and how it is cut: everything here follows from sizes and strides alone.
#pragma once

#include "kernels/indices.inl"
#include "kernels/matmul_block.inl"

MIA_BEGIN

// The query heads that share a head of k are rows of one problem, t * share + g for position t and head g of
// the group, so that each block of keys is prepared once for all of them. Units are batch x groups x blocks
// of rows x chunks of keys, in this order, or chunks before groups where the keys are read as they lie:
// groups often lie side by side. Chunks are for units enough, or of a good size; each leaves a part of the
// result that a second phase joins.
constexpr int64_t kBlockRows = 128, kBlockKeys = 256;
constexpr int64_t kFewestRows = 48;  // fewer do not repay packing their keys
constexpr int64_t kFewestKeys = 256;
constexpr int64_t kWantedUnits = 64;
constexpr int64_t kDotRows = 8;     // up to here keys are read as they lie and never packed
constexpr int64_t kDotKeys = 512;   // of a chunk, whose pages are then still known for the next group
constexpr int64_t kAheadKeys = 16;  // fetched before they are wanted
constexpr int64_t kMaxFeatures = 2048;

// Scratch: rows (queries, results), keys (k, v), scores of a tile.
constexpr int64_t kQueryBytes = int64_t{384} << 10, kKeyBytes = int64_t{512} << 10;
constexpr int64_t kScoreBytes = kDotRows * kBlockKeys * 8, kStatisticBytes = 2 * 8 * (kBlockRows + kDotRows);
static_assert(kQueryBytes + kKeyBytes + kScoreBytes + kStatisticBytes <= static_cast<int64_t>(kScratchBytes),
              "scratch is too small");

enum AttentionFlags : int64_t { kCausal = 1, kMasked = 2, kWithLengths = 4, kWithOffsets = 8, kWithTable = 16 };

template <class T>
struct AttentionProblem {
  static constexpr int kCount = Lanes<T>::kCount;
  int64_t batch, heads, groups, queries, keys, features, values, window;
  bool causal;
  const View *out, *q, *k, *v, *mask, *lengths, *offsets, *table;  // the last four may be null
  T scale, softcap;

  int64_t share, rows;         // query heads of a group, and queries of them all
  int64_t q_row, v_row;        // elements of a row in scratch: whole vectors
  int64_t blocks, block_rows;  // of rows
  int64_t chunks, chunk;       // of keys
  int64_t block_keys, panel;   // keys prepared together, and those of one register tile
  int64_t span;                // keys that lie one after another: all, or those of a block of the table
  bool dots, v_in_place;

  explicit AttentionProblem(const Step& step) {
    const int64_t* const ints = step.ints;
    batch = ints[0], heads = ints[1], groups = ints[2], queries = ints[3], keys = ints[4];
    features = ints[5], values = ints[6], window = ints[8];
    causal = (ints[7] & kCausal) != 0;
    const View* view = step.views;
    out = view++, q = view++, k = view++, v = view++;
    mask = (ints[7] & kMasked) != 0 ? view++ : nullptr;
    lengths = (ints[7] & kWithLengths) != 0 ? view++ : nullptr;
    offsets = (ints[7] & kWithOffsets) != 0 ? view++ : nullptr;
    table = (ints[7] & kWithTable) != 0 ? view++ : nullptr;
    span = table == nullptr ? keys : k->size[k->nd - 2];
    scale = static_cast<T>(step.floats[0]);
    softcap = static_cast<T>(step.floats[1]);
    share = groups == 0 ? 0 : heads / groups;
    rows = share * queries;
    Cut();
  }

  int64_t problems() const { return batch * groups * blocks; }
  // A row's part of the result from one chunk: values, largest score, sum.
  int64_t part() const { return v_row + 2; }

 private:
  void Cut() {
    q_row = RoundUp(features, kCount);
    v_row = RoundUp(values, kCount);
    const int64_t size = sizeof(T), tile = kTileRows<T>;
    dots = kSame<T, float> && rows <= kDotRows && StrideOf(*k, 0) == 1;
    const int64_t most = MinOf(kBlockRows + tile - 1, kQueryBytes / ((q_row + v_row) * size)) / tile * tile;
    const int64_t wanted = batch * groups == 0 ? 1 : BlocksOf(kWantedUnits, batch * groups);
    blocks = rows == 0 ? 0 : MaxOf(BlocksOf(rows, most), MinOf(wanted, rows / kFewestRows));
    block_rows = rows == 0 ? 0 : RoundUp(BlocksOf(rows, blocks), tile);
    blocks = rows == 0 ? 0 : BlocksOf(rows, block_rows);
    block_keys = MinOf(kBlockKeys, kKeyBytes / ((q_row + v_row) * size));
    block_keys =
        block_keys >= kTileCols<T> ? block_keys / kTileCols<T> * kTileCols<T> : block_keys / kCount * kCount;
    panel = MinOf(block_keys, kTileCols<T>);
    const int64_t apart = problems() == 0 ? 1 : MinOf(BlocksOf(kWantedUnits, problems()), keys / kFewestKeys);
    chunk = RoundUp(BlocksOf(keys, MaxOf(dots ? BlocksOf(keys, kDotKeys) : apart, 1)), kCount);
    chunks = chunk == 0 ? 1 : BlocksOf(keys, chunk);
    // Few rows take halves as they are; more of them repay widening a block once.
    v_in_place = StrideOf(*v, 0) == 1 && v_row == values &&
                 (dots || (SameAsRegister(v->dtype) && StrideOf(*v, 1) == values));
  }
};

// Some rows of one sequence, and which of the keys in memory they may see.
struct Sequence {
  int64_t begin, end;   // rows
  int64_t first, last;  // keys
  int64_t shift;        // the query at position t stands where key t + shift does
};

// Keys that the query at position t sees: both ends never fall as t rises.
struct Sight {
  int64_t first, last;
};
template <class T>
MIA_INLINE Sight SightOf(const AttentionProblem<T>& p, const Sequence& s, int64_t t) {
  const int64_t at = t + s.shift;
  Sight sight{s.first, s.last};
  if (p.causal) sight.last = MinOf(sight.last, at + 1);
  if (p.window > 0) {
    sight.first = MaxOf(sight.first, at - p.window + 1);
    if (!p.causal) sight.last = MinOf(sight.last, at + p.window);
  }
  return sight;
}

// Memory of row `row` (of the axis before the last) and head `head` of a batch entry.
MIA_INLINE char* RowMemory(const View& view, const Frame& frame, int64_t batch, int64_t head, int64_t row,
                           int64_t column = 0) {
  const int64_t element = BatchOffset(view, batch, 3) + head * StrideOf(view, 2) + row * StrideOf(view, 1) +
                          column * StrideOf(view, 0);
  return frame.base[view.loc] + element * DTypeBytes(view.dtype);
}

// Integers of a vector, read when they are asked for: memory may change meanwhile, so what is used must be
// checked.
MIA_INLINE int64_t OffsetAt(const View& offsets, const Frame& frame, int64_t i) {
  i32 value;
  memcpy(&value, frame.base[offsets.loc] + (offsets.offset + i * StrideOf(offsets, 0)) * sizeof(i32),
         sizeof(i32));
  return value;
}

// How many keys of a batch entry are valid, or -1: then the step has failed.
template <class T>
int64_t LengthOf(const AttentionProblem<T>& p, const Frame& frame, int64_t batch) {
  if (p.lengths == nullptr) return p.keys;
  i32 length;
  memcpy(&length, frame.base[p.lengths->loc] + BatchOffset(*p.lengths, batch, 0) * sizeof(i32), sizeof(i32));
  if (length >= 0 && length <= p.keys) return length;
  Fail(frame, Status::kIndexOutOfRange, length);
  return -1;
}

// Where keys from `key` of a batch entry on lie: the batch entry, or block, of k and v, and the row in it.
// Entry -1: the step has failed.
struct Place {
  int64_t entry, row;
};
template <class T>
Place PlaceOf(const AttentionProblem<T>& p, const Frame& frame, int64_t batch, int64_t key) {
  if (p.table == nullptr) return {batch, key};
  i32 block;
  const int64_t at = BatchOffset(*p.table, batch, 1) + key / p.span * StrideOf(*p.table, 0);
  memcpy(&block, frame.base[p.table->loc] + at * sizeof(i32), sizeof(i32));
  if (block >= 0 && block < p.k->size[0]) return {block, key % p.span};
  Fail(frame, Status::kIndexOutOfRange, block);
  return {-1, 0};
}

// Whether offsets rise from 0 or more to the number of rows or less; if not, the step has failed.
template <class T>
bool CheckOffsets(const AttentionProblem<T>& p, const Frame& frame) {
  if (p.offsets == nullptr) return true;
  int64_t before = 0;
  for (int64_t i = 0; i < p.offsets->count; i++) {
    const int64_t offset = OffsetAt(*p.offsets, frame, i);
    if (offset < before || offset > p.queries) {
      Fail(frame, Status::kIndexOutOfRange, offset);
      return false;
    }
    before = offset;
  }
  return true;
}

// Calls each(sequence) for the sequences that rows [begin, end) belong to.
template <class T, class Each>
void ForSequences(const AttentionProblem<T>& p, const Frame& frame, int64_t batch, int64_t begin, int64_t end,
                  Each each) {
  if (p.offsets == nullptr) {
    const int64_t length = LengthOf(p, frame, batch);
    if (length >= 0) each(Sequence{begin, end, 0, length, length - p.queries});
    return;
  }
  int64_t low = 0, high = p.offsets->count - 1;  // the last sequence that begins at or before the first row
  while (low < high) {
    const int64_t middle = (low + high + 1) / 2;
    if (OffsetAt(*p.offsets, frame, middle) * p.share <= begin) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  for (int64_t i = low; i + 1 < p.offsets->count; i++) {
    const int64_t first = MinOf(MaxOf(OffsetAt(*p.offsets, frame, i), 0), p.keys);
    const int64_t last = MinOf(MaxOf(OffsetAt(*p.offsets, frame, i + 1), first), p.keys);
    if (first * p.share >= end) return;
    const Sequence s{MaxOf(begin, first * p.share), MinOf(end, last * p.share), first, last, 0};
    if (s.begin < s.end) each(s);
  }
}

MIA_END
