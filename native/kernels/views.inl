// A tile of a view: elements [begin, begin + count) of its row-major enumeration, to and from a register.
#pragma once

#include "kernels/convert.inl"

MIA_BEGIN

// Element `index` of a linear view.
MIA_INLINE char* LinearMemory(const View& view, char* const* base, int64_t index) {
  return base[view.loc] + (view.offset + index) * DTypeBytes(view.dtype);
}

// Calls run(offset, stride, position, length) for each stretch of the last dim that the elements
// [begin, begin + count) fall into, in order; offset is that of the stretch's first element.
template <class Run>
MIA_INLINE void ForEachRun(const View& view, int64_t begin, int64_t count, Run run) {
  const int last = view.nd - 1;
  if (last < 0) return run(view.offset, int64_t{0}, int64_t{0}, count);
  int64_t index[kMaxDims];
  int64_t offset = view.offset;
  for (int d = last; d >= 0; d--) {
    const int64_t rest = d > 0 ? begin / view.size[d] : 0;
    index[d] = begin - rest * view.size[d];
    offset += index[d] * view.stride[d];
    begin = rest;
  }
  const int64_t inner = view.size[last], stride = view.stride[last];
  for (int64_t done = 0; done < count;) {
    const int64_t left = inner - index[last];
    const int64_t length = left < count - done ? left : count - done;
    run(offset, stride, done, length);
    done += length;
    // Step to the start of the next stretch: the last dim wraps and carries.
    offset -= index[last] * stride;
    index[last] = 0;
    for (int d = last - 1; d >= 0; d--) {
      offset += view.stride[d];
      if (++index[d] < view.size[d]) break;
      offset -= view.size[d] * view.stride[d];
      index[d] = 0;
    }
  }
}

// An element of which only the size matters, and which may therefore be of any type.
template <class Word>
struct __attribute__((may_alias)) Bytes {
  Word word;
};

template <class T>
void GatherRuns(const View& view, const char* base, int64_t begin, int64_t count, void* dst) {
  const T* memory = reinterpret_cast<const T*>(base);
  T* out = static_cast<T*>(dst);
  ForEachRun(view, begin, count, [=](int64_t offset, int64_t stride, int64_t at, int64_t length) {
    const T* p = memory + offset;
    T* d = out + at;
    if (stride == 1 && length >= 16) {
      memcpy(d, p, length * sizeof(T));
    } else if (stride == 0) {
      const T value = *p;
      for (int64_t i = 0; i < length; i++) d[i] = value;
    } else {
      for (int64_t i = 0; i < length; i++) d[i] = p[i * stride];
    }
  });
}
template <class T>
void ScatterRuns(const View& view, char* base, int64_t begin, int64_t count, const void* src) {
  T* memory = reinterpret_cast<T*>(base);
  const T* in = static_cast<const T*>(src);
  ForEachRun(view, begin, count, [=](int64_t offset, int64_t stride, int64_t at, int64_t length) {
    for (int64_t i = 0; i < length; i++) memory[offset + i * stride] = in[at + i];
  });
}

// Strided elements of any dtype to and from contiguous memory: only their size matters.
MIA_NOINLINE void GatherStrided(const View& view, const char* base, int64_t begin, int64_t count, void* dst) {
  switch (DTypeBytes(view.dtype)) {
    case 1: return GatherRuns<Bytes<uint8_t>>(view, base, begin, count, dst);
    case 2: return GatherRuns<Bytes<uint16_t>>(view, base, begin, count, dst);
    case 4: return GatherRuns<Bytes<uint32_t>>(view, base, begin, count, dst);
    default: return GatherRuns<Bytes<uint64_t>>(view, base, begin, count, dst);
  }
}
MIA_NOINLINE void ScatterStrided(const View& view, char* base, int64_t begin, int64_t count, const void* src) {
  switch (DTypeBytes(view.dtype)) {
    case 1: return ScatterRuns<Bytes<uint8_t>>(view, base, begin, count, src);
    case 2: return ScatterRuns<Bytes<uint16_t>>(view, base, begin, count, src);
    case 4: return ScatterRuns<Bytes<uint32_t>>(view, base, begin, count, src);
    default: return ScatterRuns<Bytes<uint64_t>>(view, base, begin, count, src);
  }
}

template <class T>
void FillIota(const View& view, int64_t begin, int64_t count, void* dst) {
  T* out = static_cast<T*>(dst);
  ForEachRun(view, begin, count, [=](int64_t offset, int64_t stride, int64_t at, int64_t length) {
    for (int64_t i = 0; i < length; i++) out[at + i] = static_cast<T>(offset + i * stride);
  });
}
template <class T>
void Fill(void* dst, T value, int n) {
  T* out = static_cast<T*>(dst);
  for (int i = 0; i < n; i++) out[i] = value;
}

// Calls fn(T{}) with the C type of a register type.
template <class Fn>
MIA_INLINE void WithType(Reg reg, Fn fn) {
  switch (reg) {
    case Reg::k_f32: return fn(f32{});
    case Reg::k_f64: return fn(f64{});
    case Reg::k_i32: return fn(i32{});
    case Reg::k_u32: return fn(u32{});
    case Reg::k_i64: return fn(i64{});
    case Reg::k_u64: return fn(u64{});
  }
}

// Does [begin, begin + count) lie in one stretch of stride 1? Then its first element's offset.
MIA_NOINLINE bool OneRun(const View& view, int64_t begin, int64_t count, int64_t* offset) {
  if (view.nd == 0 || view.stride[view.nd - 1] != 1) return false;
  const int64_t inner = view.size[view.nd - 1];
  if (inner < count || begin % inner + count > inner) return false;
  ForEachRun(view, begin, 1, [=](int64_t at, int64_t, int64_t, int64_t) { *offset = at; });
  return true;
}

// Operands from this size on are not in L2, and the CPU foresees only so much: asking for the next tile while this one
// is computed doubles the speed of short programs.
constexpr int64_t kPrefetchBytes = int64_t{1} << 20;
MIA_INLINE void Prefetch(const char* p, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(p + i);
}

// Where the tile can be read: in memory itself if `borrow` allows it and the bytes are the register's, else in `home`
// (kRegBytes). count <= kTile.
MIA_NOINLINE const void* LoadTile(const View& view, char* const* base, int64_t begin, int count, void* home,
    bool borrow) {
  const Reg reg = RegOf(view.dtype);
  if (view.loc == kIota) {
    WithType(reg, [&](auto t) { FillIota<decltype(t)>(view, begin, count, home); });
    return home;
  }
  const char* memory = base[view.loc];
  const int bytes = DTypeBytes(view.dtype);
  int64_t offset = view.offset + begin;
  if (view.access == Access::kLinear || (view.access == Access::kStrided && OneRun(view, begin, count, &offset))) {
    const char* p = memory + offset * bytes;
    if (view.count * bytes >= kPrefetchBytes) Prefetch(p + count * bytes, count * bytes);
    if (borrow && SameAsRegister(view.dtype)) return p;
    FromMemory(view.dtype, home, p, count);
    return home;
  }
  if (view.access == Access::kSplat) {
    FromMemory(view.dtype, home, memory + view.offset * bytes, 1);
    WithType(reg, [&](auto t) {
      Fill(home, *static_cast<decltype(t)*>(home), (count + 15) & ~15);
    });
    return home;
  }
  if (SameAsRegister(view.dtype)) {
    GatherStrided(view, memory, begin, count, home);
  } else {
    char raw[kTile * sizeof(uint16_t)];  // every other dtype has 1 or 2 bytes
    GatherStrided(view, memory, begin, count, raw);
    FromMemory(view.dtype, home, raw, count);
  }
  return home;
}

// Writes a tile from a register. stream: past the caches, for outputs that do not fit them.
MIA_NOINLINE void StoreTile(const View& view, char* const* base, int64_t begin, int count, const void* reg,
    bool stream) {
  char* memory = base[view.loc];
  const int bytes = DTypeBytes(view.dtype);
  if (view.access == Access::kLinear) {
    char* p = memory + (view.offset + begin) * bytes;
    if (p == reg) return;  // written there by the instruction itself
    if (!stream) return ToMemory(view.dtype, p, reg, count);
    if (SameAsRegister(view.dtype)) return StreamBytes(p, reg, static_cast<size_t>(count) * bytes);
  }
  alignas(64) char raw[kRegBytes];
  const void* storage = reg;
  if (!SameAsRegister(view.dtype)) {
    ToMemory(view.dtype, raw, reg, count);
    storage = raw;
  }
  if (view.access == Access::kLinear) {
    StreamBytes(memory + (view.offset + begin) * bytes, storage, static_cast<size_t>(count) * bytes);
  } else {
    ScatterStrided(view, memory, begin, count, storage);
  }
}

MIA_END
