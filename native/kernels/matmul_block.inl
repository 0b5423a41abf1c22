// Blocked matmul: a block of C is rows of A, in place or packed, times panels of B, in place or packed. Where the
// columns of B come from is a type: matrices in memory here, images in conv2d.
#pragma once

#include "kernels/matmul_problem.inl"

MIA_BEGIN

// Where the product goes: to the output itself, or to scratch and from there through the epilogue.
template <class T>
struct Sink {
  const Problem& p;
  TileRunner runner;
  T* out;      // [batch, m, n], or null
  T* scratch;  // a block of C

  Sink(const Problem& problem, const Step& step, const Frame& frame, T* block)
      : p(problem), out(nullptr), scratch(block) {
    if (p.direct) {
      out = reinterpret_cast<T*>(
          LinearMemory(step.epilogue.views[step.epilogue.stores[0].view], frame.base, 0));
    } else {
      runner.Start(step.epilogue, frame.base, EpilogueScratch(frame), kTile, true);
    }
  }
  // The memory of C from (i, j) of matrix `batch` on, and its elements per row.
  T* Begin(int64_t batch, int64_t i, int64_t j) const {
    return p.direct ? out + (batch * p.m + i) * p.n + j : scratch;
  }
  int64_t Stride(int64_t cols) const { return p.direct ? p.n : cols; }
  void Close() const {
    if (!p.direct && runner.streams != 0) StreamFence();
  }
  void Finish(int64_t batch, int64_t i, int64_t j, int64_t rows, int64_t cols) {
    if (p.direct) return;
    int64_t at = (batch * p.m + i) * p.n + j;
    if (cols == p.n) {  // whole rows follow each other
      cols *= rows;
      rows = 1;
    }
    const T* row = scratch;
    for (; rows > 0; rows--, row += cols, at += p.n) {
      for (int64_t done = 0; done < cols; done += kTile) {
        runner.regs[0].tile = row + done;
        runner.Run(at + done, static_cast<int>(MinOf(kTile, cols - done)));
      }
    }
  }
};

// Columns of a B that lies in memory.
struct MatrixColumns {
  // What of B the columns of one register tile need for one stretch of k.
  struct Panel {
    Source source;
    int64_t depth, width;
    bool in_place;

    const void* data() const { return source.data; }
    int64_t k_stride() const { return source.k_stride; }
    // How many k steps to pack at a time, between so many tiles.
    int64_t SliceFor(int64_t tiles) const { return RoundUp(BlocksOf(depth, tiles), kStep); }
    // The lines that packing from k step `done` on will read first.
    Ahead Lines(int64_t done) const {
      if (IsBlock(source.dtype)) return {static_cast<const char*>(source.data), 0, 0};
      const Source next = source.From(done, 0);
      const int64_t bytes = DTypeBytes(next.dtype);
      const char* const at = static_cast<const char*>(next.data);
      if (next.stride == 1) return {at, 64, next.k_stride * bytes};  // four lines of each row
      return {at, next.stride * bytes, 4 * next.stride * bytes};     // a line of each column
    }
    // dst[k][ld] = k steps [first, first + count)
    template <class T>
    void PackInto(T* dst, int64_t ld, int64_t first, int64_t count) const {
      Pack(dst, ld, source.From(first, 0), count, width);
    }
  };

  Panel At(const Problem& p, const Frame& frame, int64_t batch, int64_t k0, int64_t j0, int64_t depth,
           int64_t width, bool whole_vectors) const {
    return {MatrixOf(p.b, frame, batch).From(k0, j0), depth, width, p.b_in_place && whole_vectors};
  }
};

// Packs a panel in slices between the tiles that use the panel before, which fetch each slice ahead.
template <class T, class Panel>
struct Packer {
  Panel panel;
  T* dst;
  int64_t done, slice;  // k steps

  int64_t cols() const { return RoundUp(panel.width, Lanes<T>::kCount); }
  Ahead Next() const {
    if (done >= panel.depth) return {reinterpret_cast<const char*>(dst), 0, 0};
    return panel.Lines(done);
  }
  MIA_INLINE void Advance(int64_t most) {
    const int64_t count = MinOf(most, panel.depth - done);
    if (count <= 0) return;
    panel.PackInto(dst + done * cols(), cols(), done, count);
    done += count;
  }
};

template <class T, class Columns>
struct BlockedMatmul {
  using Panel = typename Columns::Panel;
  const Problem& p;
  const Columns& columns;
  const Frame& frame;
  Sink<T> sink;
  T* const packed_b[2];
  T* const packed_a;

  BlockedMatmul(const Problem& problem, const Columns& b, const Step& step, const Frame& f)
      : p(problem),
        columns(b),
        frame(f),
        sink(problem, step, f, At(2 * kPanelBytes + kRowsBytes)),
        packed_b{At(0), At(kPanelBytes)},
        packed_a(At(2 * kPanelBytes)) {}
  T* At(int64_t offset) const { return reinterpret_cast<T*>(KernelScratch(frame) + offset); }

  // Elements between two k of packed rows. Only the last rows of a block need padding.
  static int64_t PackedStride(int64_t rows) { return rows <= kLanes ? rows : RoundUp(rows, kLanes); }
  Panel PanelAt(int64_t batch, int64_t k0, int64_t j0) const {
    const int64_t width = MinOf(kTileCols<T>, p.n - j0);
    return columns.At(p, frame, batch, k0, j0, MinOf(p.depth, p.k - k0), width, width % Lanes<T>::kCount == 0);
  }
  // Rows [i0, i0 + rows) of matrix `batch` x the columns of panels [first, end).
  void Run(int64_t batch, int64_t i0, int64_t rows, int64_t first, int64_t end) {
    const Source a = MatrixOf(p.a, frame, batch).From(0, i0);
    const int64_t j0 = first * p.cols, cols = MinOf(end * p.cols, p.n) - j0, c_row = sink.Stride(cols);
    T* const c = sink.Begin(batch, i0, j0);
    const int64_t tiles = BlocksOf(rows, kTileRows<T>);
    const int64_t steps = (end - first) * MaxOf(1, BlocksOf(p.k, p.depth));
    const auto panel_of = [&](int64_t step) {
      return PanelAt(batch, step / (end - first) * p.depth, (first + step % (end - first)) * p.cols);
    };
    Packer<T, Panel> packer{panel_of(0), packed_b[0], 0, 0};
    if (!packer.panel.in_place) packer.Advance(packer.panel.depth);
    for (int64_t step = 0; step < steps; step++) {
      const Panel panel = packer.panel;
      const int64_t k0 = step / (end - first) * p.depth, j = step % (end - first) * p.cols;
      const T* const b_panel = panel.in_place ? static_cast<const T*>(panel.data()) : packer.dst;
      const int64_t b_k = panel.in_place ? panel.k_stride() : packer.cols();
      const bool more = step + 1 < steps;
      if (more) packer = {panel_of(step + 1), packed_b[(step + 1) & 1], 0, 0};
      const bool pack = more && !packer.panel.in_place;
      if (pack) packer.slice = packer.panel.SliceFor(tiles);
      if (!p.a_in_place && j == 0) PackRows(a.From(k0, 0), panel.depth, rows);
      const int vecs = static_cast<int>(BlocksOf(panel.width, Lanes<T>::kCount));
      const int last = static_cast<int>(panel.width - (vecs - 1) * Lanes<T>::kCount);
      for (int64_t i = 0, count; i < rows; i += count) {
        count = NextRows<T>(rows - i);
        const T* const a_tile =
            p.a_in_place ? static_cast<const T*>(a.data) + i * p.a.stride + k0 : packed_a + i * panel.depth;
        const Ahead ahead = pack ? packer.Next() : Ahead{reinterpret_cast<const char*>(b_panel), 0, 0};
        FindTileKernel<T>(static_cast<int>(count), vecs)(
            {panel.depth, a_tile, p.a_in_place ? p.a.stride : 1, p.a_in_place ? 1 : PackedStride(count),
             b_panel, b_k, c + i * c_row + j, c_row, last, k0 > 0, ahead});
        if (pack) packer.Advance(packer.slice);
      }
    }
    sink.Finish(batch, i0, j0, rows, cols);
  }

  void PackRows(const Source& a, int64_t depth, int64_t rows) {
    for (int64_t i = 0, count; i < rows; i += count) {
      count = NextRows<T>(rows - i);
      Pack(packed_a + i * depth, PackedStride(count), a.From(0, i), depth, count);
    }
  }
};

template <class T, class Columns>
void RunBlocked(const Problem& p, const Columns& columns, const Step& step, const Frame& frame, int64_t begin,
                int64_t end) {
  BlockedMatmul<T, Columns> matmul(p, columns, step, frame);
  const int64_t most = p.direct && p.a_in_place ? p.panels : MaxOf(1, kMaxScratchCols<T> / p.cols);
  for (int64_t unit = begin; unit < end;) {
    const int64_t chunk = unit % p.chunks, column = unit / p.chunks, panel = column % p.panels,
                  band = column / p.panels;
    // Chunks of one panel belong together, and so do panels of a whole band.
    const int64_t chunks = MinOf(p.chunks - chunk, end - unit);
    const int64_t panels =
        chunks < p.chunks ? 1 : MinOf(MinOf(most, p.panels - panel), (end - unit) / p.chunks);
    const int64_t first = (band % p.bands * p.chunks + chunk) * p.rows,
                  rows = MinOf(chunks * p.rows, p.m - first);
    if (rows > 0) matmul.Run(band / p.bands, first, rows, panel, panel + panels);
    unit += chunks * panels;
  }
  matmul.sink.Close();
}

MIA_END
