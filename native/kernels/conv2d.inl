// conv2d.<T>: C[n, g] = A[g] B[n, g] with the weights A [O / groups, K], K = C / groups * kh * kw, and B [K, OH * OW]
// the pixels under each tap of each window: B is packed panel by panel straight from the image, and never exists as a
// whole. ints: those of a window (window.inl), then [O, groups]; views [x, w], w dims groups, O / groups, K, storage
// any dtype whose register type is T. The epilogue's register 0 is [N, O, OH, OW]. No output may share memory with x
// or w.
#pragma once

#include "kernels/matmul.inl"
#include "kernels/window_fold.inl"

MIA_BEGIN

// A panel row or a part of it: positions below `end` may be written, and what is written first may be overwritten.
template <class T>
struct RowWriter {
  T* at;
  T* end;

  void Zeros(int64_t n) {
    if constexpr (kSame<T, float>) {
      for (int64_t i = 0; i < n; i += kLanes) Put(at + i, Zero());
    } else {
      for (int64_t i = 0; i < n; i++) at[i] = 0;
    }
    at += n;
  }
  template <DType dtype, int kStep, class Storage>
  MIA_INLINE void Run(const Storage* p, int64_t step, int64_t n) {
    if constexpr (kSame<T, float>) {
      int64_t i = 0;
      for (; i + kLanes <= n; i += kLanes) Store(at + i, LoadRun<dtype, kStep>(p + i * step, step, kLanes));
      if (i < n) Put(at + i, LoadRun<dtype, kStep>(p + i * step, step, static_cast<int>(n - i)));
    } else {
      for (int64_t i = 0; i < n; i++) at[i] = FromStorage<dtype, Storage, T>(p[i * step]);
    }
    at += n;
  }
  MIA_INLINE void Put(float* to, Vec x) {
    if (to + kLanes <= end) {
      Store(to, x);
    } else {
      StorePartial(to, x, static_cast<int>(end - to));
    }
  }
};

// dst[k][ld] = rows [k, k + count) of B, columns [j, j + width); the first channel is `plane`. Tap by tap: a stretch of
// windows lies at the same place in every channel.
template <DType dtype, int kStep, class T, class Storage>
void PackWindows(T* dst, int64_t ld, const Window& w, const Plane<Storage>& plane, int64_t channel_stride, int64_t k,
                 int64_t count, int64_t j, int64_t width) {
  const int64_t taps = w.taps(), step = w.stride_w * plane.col, first_top = j / w.ow * w.stride_h - w.top;
  for (int64_t i = 0; i < MinOf(taps, count); i++) {
    const int64_t tap = (k + i) % taps, channels = BlocksOf(count - i, taps);
    const Storage* const first_channel = plane.data + (k + i) / taps * channel_stride;
    const int64_t left = tap % w.kw * w.dilation_w - w.left;
    const Range inside = Inside(left, w.stride_w, w.w, 0, w.ow);
    int64_t y = first_top + tap / w.kw * w.dilation_h;
    for (int64_t at = 0, ow = j % w.ow, n; at < width; at += n, ow = 0, y += w.stride_h) {
      n = MinOf(w.ow - ow, width - at);
      Range seen{ow + n, ow + n};  // none
      if (y >= 0 && y < w.h) seen = {MinOf(MaxOf(inside.first, ow), ow + n), MinOf(inside.end, ow + n)};
      const bool any = seen.first < seen.end;
      if (!any) seen.end = seen.first;
      const int64_t after = ow + n - seen.end + (at + n == width ? ld - width : 0);
      const Storage* p =
          any ? first_channel + y * plane.row + (seen.first * w.stride_w + left) * plane.col : first_channel;
      T* to = dst + i * ld;
      for (int64_t c = 0; c < channels; c++, to += taps * ld, p += channel_stride) {
        RowWriter<T> row{to + at, to + ld};
        row.Zeros(seen.first - ow);
        row.template Run<dtype, kStep>(p, step, seen.end - seen.first);
        row.Zeros(after);
      }
    }
  }
}

// Columns of B: windows of an image.
struct ImageColumns {
  const View& x;
  Window window;
  int64_t groups;

  struct Panel {
    const ImageColumns* columns;
    const Frame* frame;
    int64_t image, channel, k, j;  // where it begins
    int64_t depth, width;
    static constexpr bool in_place = false;

    const void* data() const { return nullptr; }
    int64_t k_stride() const { return 0; }
    int64_t SliceFor(int64_t) const { return depth; }
    Ahead Lines(int64_t) const { return {frame->scratch, 0, 0}; }  // neighbours of what the last panel read
    template <class T>
    void PackInto(T* dst, int64_t ld, int64_t first, int64_t count) const {
      const Window& w = columns->window;
      const View& x = columns->x;
      WithStorage<T>(x.dtype, [&](auto stored) {
        using S = decltype(stored);
        const auto plane = PlaneOf<typename S::Storage>(x, *frame, image, channel);
        const auto pack = [&](auto step) {
          PackWindows<S::dtype, decltype(step)::value>(dst, ld, w, plane, StrideAt(x, 1), k + first, count, j, width);
        };
        if constexpr (kSame<T, float>) {
          WithStep(w.stride_w * plane.col, pack);
        } else {
          pack(Number<0>{});
        }
      });
    }
  };

  Panel At(const Problem&, const Frame& frame, int64_t batch, int64_t k, int64_t j, int64_t depth, int64_t width,
           bool) const {
    return {this, &frame, batch / groups, batch % groups * (window.c / groups), k, j, depth, width};
  }
};

constexpr int64_t kMaxDepthwiseTaps = 1024;

// One convolution, and how it is computed.
template <class T>
struct Convolution {
  Window w;
  int64_t outputs, groups, channels;  // channels of a group
  bool depthwise;  // by folds over windows
  bool in_place;   // B is the image itself
  View pixels;     // then: [N, groups, channels, H * W]
  Problem p;       // cut only if not depthwise

  explicit Convolution(const Step& step)
      : w(WindowOf(step.ints)),
        outputs(step.ints[kWindowInts]),
        groups(step.ints[kWindowInts + 1]),
        channels(w.c / groups) {
    const View &x = step.views[0], &weights = step.views[1];
    p.batch = w.n * groups;
    p.m = outputs / groups;
    p.n = w.windows();
    p.k = channels * w.taps();
    depthwise = channels == 1 && p.m <= kThinRows && p.k <= kMaxDepthwiseTaps;
    const int64_t channel = StrideAt(x, 1), row = StrideAt(x, 2), col = w.w == 1 ? row : StrideAt(x, 3);
    in_place = !depthwise && w.taps() == 1 && w.stride_h == 1 && w.stride_w == 1 && w.top == 0 && w.left == 0 &&
               w.oh == w.h && w.ow == w.w && (w.h == 1 || row == w.w * col || w.w == 1);
    p.a = {&weights, StrideOf(weights, 0), StrideOf(weights, 1)};
    if (p.k == 0) p.a.k_stride = p.a.stride = 0;  // no memory to point into
    if (depthwise) return;
    if (in_place) {
      pixels = {x.loc, x.dtype, Access::kStrided, 4, x.offset, x.count, {w.n, groups, channels, p.n},
                {StrideAt(x, 0), channels * channel, channel, col}};
      p.b = {&pixels, p.k == 0 ? 0 : channel, p.k == 0 ? 0 : col};
      CutMatrices<T>(&p, step);
    } else {
      p.b = {nullptr, 0, 0};
      p.direct = IsPlainStore(step.epilogue);
      p.a_in_place = SameAsRegister(weights.dtype) && p.a.k_stride == 1;
      p.thin = p.b_in_place = false;
      Cut<T>(&p);
    }
  }
  Convolution(const Convolution&) = delete;  // p points into it
};

// Units: rows of results, or those of the product.
template <class Register>
Work Conv2dWork(const Step& step, int) {
  using T = Wrap<Register>;
  const Convolution<T> conv(step);
  if (conv.depthwise) return WindowWork<Register>(step, conv.outputs);
  return ProductWork<T>(conv.p, step);
}

template <class Register>
void Conv2dRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  using T = Wrap<Register>;
  const Convolution<T> conv(step);
  const Problem& p = conv.p;
  if (conv.depthwise) {
    const View& weights = step.views[1];
    T* const taps = reinterpret_cast<T*>(KernelScratch(frame));
    const auto fold_of = [&](int64_t output) {
      const Source from = MatrixOf(p.a, frame, output / p.m).From(0, output % p.m);
      Pack(taps, RoundUp(p.k, kLanes), {from.data, weights.dtype, p.a.stride, p.a.k_stride}, 1, p.k);
      return WeightedTaps<Register>{reinterpret_cast<const Register*>(taps)};
    };
    RunWindows<Register>(step, frame, conv.outputs, fold_of, begin, end);
  } else if (conv.in_place) {
    RunProduct<T>(p, step, frame, begin, end);
  } else {
    RunBlocked<T>(p, ImageColumns{step.views[0], conv.w, conv.groups}, step, frame, begin, end);
  }
}

template <class Register>
const char* Conv2dCheck(const Step& step) {
  if (step.num_ints != kWindowInts + 2 || step.num_views != 2) {
    return "conv2d takes the integers of a window, [O, groups] and views [x, w]";
  }
  const View &x = step.views[0], &weights = step.views[1];
  if (const char* reason = WindowCheck(step, x)) return reason;
  const Window w = WindowOf(step.ints);
  const int64_t outputs = step.ints[kWindowInts], groups = step.ints[kWindowInts + 1];
  if (outputs < 0 || groups < 1 || w.c % groups != 0 || outputs % groups != 0) return "conv2d: groups do not divide";
  const int64_t filter[] = {outputs, w.c / groups, w.kh, w.kw}, results[] = {w.n, outputs, w.oh, w.ow};
  const int64_t n = SizeProduct(results, 4), filters = SizeProduct(filter, 4), k = SizeProduct(filter + 1, 3);
  if (n < 0 || filters < 0 || k < 0 || groups > INT32_MAX) return "conv2d: a size is out of range";
  if (!IsMatrices(weights, groups, outputs / groups, k)) return "conv2d: w is not [groups, O / groups, K]";
  if (RegOf(x.dtype) != kReg<Register> || RegOf(weights.dtype) != kReg<Register>) {
    return "conv2d: x or w is of another type";
  }
  if (step.epilogue.num_stores == 0) return "conv2d stores nothing";
  if (!Covers(step.epilogue, n)) return "conv2d: the epilogue does not have N * O * OH * OW elements";
  return nullptr;
}

MIA_END
