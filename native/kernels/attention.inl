// attention.<T>: out = softmax(cap(q k^T scale) + mask) v by heads, for T f32 f64.
// ints [batch, heads, groups, queries, keys, features, values, flags, window], floats [scale, softcap (0:
// none)]; views [out, q, k, v, mask?, lengths?, offsets?, table?], the last four as flags say. Dims batch..., then
// out [heads, queries, values] with its last stride 1, q [heads, queries, features], k [groups, keys,
// features], v [groups, keys, values], mask [heads, queries, keys] (bool, or added), at any strides; lengths
// [batch...], offsets [sequences + 1], table [batch..., n], all i32. With a table k and v are [blocks, groups,
// span, ...], and keys is n * span. See lib/ops/attention.ts for what they mean. Storage of q, k and v: any
// dtype whose register type is T.
#pragma once

#include "kernels/attention_block.inl"
#include "kernels/matmul.inl"

MIA_BEGIN

// The part of the result that chunk `chunk` of problem `problem` leaves for row `row` of its block.
template <class T>
MIA_INLINE T* PartOf(const AttentionProblem<T>& p, const Frame& frame, int64_t problem, int64_t chunk,
                     int64_t row) {
  return reinterpret_cast<T*>(frame.shared) + ((problem * p.chunks + chunk) * p.block_rows + row) * p.part();
}

// Chunks joined in their order: sums of exponentials are scaled to the largest score of all.
template <class T>
void JoinChunks(const AttentionProblem<T>& p, const AttentionBlock<T>& block, int64_t problem, int64_t r,
                char* out) {
  const auto part = [&](int64_t c) { return PartOf(p, block.frame, problem, c, r - block.row0); };
  T top = -INFINITY, sum = 0;
  for (int64_t c = 0; c < p.chunks; c++) top = part(c)[p.v_row] > top ? part(c)[p.v_row] : top;
  T* const result = block.results;
  memset(result, 0, p.v_row * sizeof(T));
  for (int64_t c = 0; c < p.chunks; c++) {
    const T* const values = part(c);
    const T own = values[p.v_row], factor = own == top ? 1 : ExpOf(own - top);
    sum += factor * values[p.v_row + 1];
    for (int64_t i = 0; i < p.v_row; i++) result[i] += factor * values[i];
  }
  block.Write(r, result, sum, out);
}

// Phase 0: units are chunks. Phase 1, where there is more than one: units are blocks of rows.
template <class T>
void AttentionRun(const Step& step, const Frame& frame, int phase, int64_t begin, int64_t end) {
  const AttentionProblem<T> p(step);
  if (!CheckOffsets(p, frame)) return;
  AttentionBlock<T> block(p, frame);
  const int64_t chunks = phase == 0 ? p.chunks : 1;
  for (int64_t unit = begin; unit < end; unit++) {
    int64_t problem = unit / chunks, chunk = unit % chunks;
    if (p.blocks == 1 && chunks > 1) {  // groups first: where their keys lie side by side, they share pages
      problem = unit / (p.groups * chunks) * p.groups + unit % p.groups;
      chunk = unit / p.groups % chunks;
    }
    const int64_t group = problem / p.blocks, first = problem % p.blocks * p.block_rows;
    const int64_t last = MinOf(first + p.block_rows, p.rows);
    block.batch = group / p.groups;
    block.group = group % p.groups;
    block.row0 = first;
    char* const out = block.Output();
    if (phase == 1) {
      for (int64_t r = first; r < last; r++) JoinChunks(p, block, problem, r, out);
      continue;
    }
    block.Run(first, last, chunk * p.chunk, MinOf((chunk + 1) * p.chunk, p.keys));
    for (int64_t r = first; r < last; r++) {
      if (p.chunks == 1) {
        block.Write(r, block.result(r), block.sum(r), out);
        continue;
      }
      T* const part = PartOf(p, frame, problem, chunk, r - first);
      memcpy(part, block.result(r), p.v_row * sizeof(T));
      part[p.v_row] = block.top(r);
      part[p.v_row + 1] = block.sum(r);
    }
  }
}

template <class T>
size_t AttentionShared(const Step& step) {
  const AttentionProblem<T> p(step);
  return p.chunks == 1 ? 0
                       : static_cast<size_t>(p.problems() * p.chunks * p.block_rows * p.part()) * sizeof(T);
}

template <class T>
Work AttentionWork(const Step& step, int phase) {
  const AttentionProblem<T> p(step);
  const double rows = static_cast<double>(MinOf(p.block_rows, p.rows)), values = static_cast<double>(p.v_row);
  if (phase == 1) {
    const double cost = rows * static_cast<double>(p.chunks) * values * 0.1;
    return {p.chunks == 1 ? 0 : p.problems(), GrainOf(cost), cost};
  }
  double keys = static_cast<double>(p.chunk), seen = keys;
  if (p.causal) seen *= 0.5 + 0.5 / (1 + static_cast<double>(p.queries) / MaxOf(p.keys - p.queries, 1));
  if (p.window > 0) seen = seen < 2.0 * p.window ? seen : 2.0 * p.window;
  const double rate = kFlopsPerNs * (kSame<T, float> ? 1 : 0.25);
  const double bytes =
      static_cast<double>(p.features * DTypeBytes(p.k->dtype) + p.values * DTypeBytes(p.v->dtype));
  double cost = 2 * rows * seen * static_cast<double>(p.q_row + p.v_row) / rate;
  cost += rows * seen * (kSame<T, float> ? 4.0 / kLanes : 8);  // exponentials
  cost += seen * bytes * (p.dots ? 0.03 : 0.05);               // reading, packing
  cost += rows * values * 0.2 + 50;
  return {p.problems() * p.chunks, GrainOf(cost), cost};
}

// Are the last dims of the view a, b, c, and those before them the batch dims of `like`?
inline bool IsHeads(const View& view, const View& like, int64_t a, int64_t b, int64_t c) {
  if (view.nd != like.nd || view.nd < 3) return false;
  for (int d = 0; d < view.nd - 3; d++) {
    if (view.size[d] != like.size[d]) return false;
  }
  const int64_t* const last = view.size + view.nd - 3;
  return last[0] == a && last[1] == b && last[2] == c;
}

// Is the view [blocks, groups, span, size], with as many blocks, and keys in each, as `like` has?
inline bool IsBlocks(const View& view, const View& like, int64_t groups, int64_t size) {
  return view.nd == 4 && like.nd == 4 && view.size[0] == like.size[0] && view.size[1] == groups &&
         view.size[2] == like.size[2] && view.size[2] >= 1 && view.size[3] == size;
}

template <class T>
const char* AttentionCheck(const Step& step) {
  if (step.num_ints != 9 || step.num_floats != 2) return "attention takes nine ints and [scale, softcap]";
  const int64_t* const ints = step.ints;
  const int64_t flags = ints[7], heads = ints[1], groups = ints[2], queries = ints[3], keys = ints[4];
  const bool table = (flags & kWithTable) != 0;
  if (flags < 0 || flags > 31 || ((flags & kWithOffsets) != 0 && (flags & (kMasked | kWithLengths)) != 0) ||
      (table && (flags & (kMasked | kWithOffsets)) != 0)) {
    return "attention's flags are not ones that go together";
  }
  const int views =
      4 + ((flags & kMasked) != 0) + ((flags & kWithLengths) != 0) + ((flags & kWithOffsets) != 0) + table;
  if (step.num_views != views) return "attention has not the views that its flags say";
  const int64_t scores[] = {ints[0], heads, queries, keys}, grouped[] = {ints[0], groups, keys, 1};
  if (SizeProduct(scores, 4) < 0 || SizeProduct(grouped, 4) < 0 || ints[8] < 0) {
    return "attention's sizes are out of range";
  }
  const bool fit = ints[5] >= 1 && ints[5] <= kMaxFeatures && ints[6] >= 1 && ints[6] <= kMaxFeatures;
  if (!fit) return "attention's features are out of range";
  if (groups == 0 ? heads != 0 : heads % groups != 0) return "attention's groups do not divide its heads";
  const View &out = step.views[0], &q = step.views[1], &k = step.views[2], &v = step.views[3];
  if (!IsHeads(q, q, heads, queries, ints[5]) || SizeProduct(q.size, q.nd - 3) != ints[0]) {
    return "attention: q is not [batch, heads, queries, features]";
  }
  if (!IsHeads(out, q, heads, queries, ints[6]))
    return "attention: the result is not [batch, heads, queries, values]";
  if (table) {
    if (!IsBlocks(k, k, groups, ints[5])) return "attention: k is not [blocks, groups, span, features]";
    if (!IsBlocks(v, k, groups, ints[6])) return "attention: v is not [blocks, groups, span, values]";
  } else {
    if (!IsHeads(k, q, groups, keys, ints[5])) return "attention: k is not [batch, groups, keys, features]";
    if (!IsHeads(v, q, groups, keys, ints[6])) return "attention: v is not [batch, groups, keys, values]";
  }
  if (out.dtype != q.dtype || (ints[6] > 1 && StrideOf(out, 0) != 1))
    return "attention: the result lies otherwise";
  if (RegOf(q.dtype) != kReg<T> || RegOf(k.dtype) != kReg<T> || RegOf(v.dtype) != kReg<T>) {
    return "attention: q, k or v is of another type";
  }
  const View* extra = &v + 1;
  if ((flags & kMasked) != 0) {
    if (!IsHeads(*extra, q, heads, queries, keys))
      return "attention: the mask is not [batch, heads, queries, keys]";
    if (extra->dtype != DType::k_bool && extra->dtype != q.dtype)
      return "attention: the mask is of another type";
    extra++;
  }
  if ((flags & kWithLengths) != 0) {
    if (extra->dtype != DType::k_i32 || extra->nd != q.nd - 3)
      return "attention: lengths are not [batch] i32";
    for (int d = 0; d < extra->nd; d++) {
      if (extra->size[d] != q.size[d]) return "attention: lengths are not [batch] i32";
    }
    extra++;
  }
  if (table) {
    bool fits = extra->dtype == DType::k_i32 && extra->nd == q.nd - 2;
    for (int d = 0; fits && d < q.nd - 3; d++) fits = extra->size[d] == q.size[d];
    const int64_t span = k.size[2];
    fits = fits && keys / span == extra->size[extra->nd - 1] && keys % span == 0;
    if (!fits) return "attention: the table is not [batch, keys / span] i32";
  }
  if ((flags & kWithOffsets) != 0) {
    if (extra->dtype != DType::k_i32 || extra->nd != 1 || extra->size[0] < 1)
      return "attention: offsets are not i32";
    if (ints[0] != 1 || queries != keys)
      return "attention: offsets take one batch entry of as many queries as keys";
  }
  return nullptr;
}

MIA_END
