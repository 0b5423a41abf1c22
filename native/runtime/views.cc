#include <algorithm>

#include "runtime/decode.h"
#include "runtime/types.h"

namespace mia {
namespace {

// x += a * b, or false if that leaves the integers a double can count.
bool AddProduct(int64_t* x, int64_t a, int64_t b) {
  int64_t product;
  return !__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(*x, product, x) && *x <= kMaxInt &&
         *x >= -kMaxInt;
}

// The lowest and highest offset of a view with elements; false if they are beyond counting.
bool Reach(const View& view, int64_t* first, int64_t* last) {
  *first = *last = view.offset;
  for (int i = 0; i < view.nd; i++) {
    if (!AddProduct(view.stride[i] < 0 ? first : last, view.size[i] - 1, view.stride[i])) return false;
  }
  return true;
}

// Where an element starts that is the first of its block, as all are but those inside blocks.
int64_t ByteOf(DType dtype, int64_t element) {
  return element / kDTypeElements[static_cast<int>(dtype)] * kDTypeBytes[static_cast<int>(dtype)];
}

// Whether two sound views reach into each other.
bool Overlap(const Program& program, const View& a, const View& b) {
  const Loc& x = program.locs[static_cast<size_t>(a.loc)];
  const Loc& y = program.locs[static_cast<size_t>(b.loc)];
  const bool both_temps = x.kind == Loc::kTemp && y.kind == Loc::kTemp;
  if (a.count == 0 || b.count == 0 || (a.loc != b.loc && !both_temps)) return false;
  int64_t a_first, a_last, b_first, b_last;
  Reach(a, &a_first, &a_last);
  Reach(b, &b_first, &b_last);
  const auto a_base = static_cast<int64_t>(x.offset), b_base = static_cast<int64_t>(y.offset);
  return a_base + ByteOf(a.dtype, a_first) < b_base + ByteOf(b.dtype, b_last + 1) &&
         b_base + ByteOf(b.dtype, b_first) < a_base + ByteOf(a.dtype, a_last + 1);
}

// Whether a view with elements of a block dtype cuts no block: see View.
bool KeepsBlocks(const View& view) {
  const int64_t block = kDTypeElements[static_cast<int>(view.dtype)];
  int along = 0;
  for (int i = 0; i < view.nd; i++) {
    if (view.size[i] == 1 || view.stride[i] % block == 0) continue;
    if (view.stride[i] != 1 || view.size[i] % block != 0) return false;
    along++;
  }
  return along == 1 && view.offset % block == 0;
}

}  // namespace

bool IsWritable(const Program& program, const View& view) {
  if (view.loc == kIota) return false;
  const Loc::Kind kind = program.locs[static_cast<size_t>(view.loc)].kind;
  return kind == Loc::kOutput || kind == Loc::kTemp;
}

Access Classify(const View& view) {
  if (view.count <= 1) return Access::kLinear;
  bool linear = true, splat = true;
  int64_t expected = 1;
  for (int i = view.nd - 1; i >= 0; i--) {
    if (view.size[i] == 1) continue;
    linear = linear && view.stride[i] == expected;
    splat = splat && view.stride[i] == 0;
    expected *= view.size[i];
  }
  return linear ? Access::kLinear : splat ? Access::kSplat : Access::kStrided;
}

void Normalize(View* view) {
  int nd = 0;
  if (view->count > 1) {
    for (int i = 0; i < view->nd; i++) {
      if (view->size[i] == 1) continue;
      if (nd > 0 && view->stride[nd - 1] == view->stride[i] * view->size[i]) {
        view->size[nd - 1] *= view->size[i];
        view->stride[nd - 1] = view->stride[i];
      } else {
        view->size[nd] = view->size[i];
        view->stride[nd] = view->stride[i];
        nd++;
      }
    }
    view->nd = static_cast<uint8_t>(nd);
  }
  view->access = Classify(*view);
}

void ReadView(Reader& reader, Program& program, bool allow_iota, View* view) {
  const int num_locs = static_cast<int>(program.locs.size());
  view->loc = static_cast<int32_t>(reader.Int(allow_iota ? kIota : 0, num_locs - 1, "the memory of a view"));
  view->dtype = static_cast<DType>(reader.Int(0, kNumDTypes - 1, "the dtype of a view"));
  view->offset = reader.Int(-kMaxInt, kMaxInt, "the offset of a view");
  view->nd = static_cast<uint8_t>(reader.Int(0, kMaxDims, "the number of dims of a view"));
  for (int i = 0; i < view->nd; i++) view->size[i] = reader.Int(0, kMaxInt, "a size of a view");
  for (int i = 0; i < view->nd; i++) view->stride[i] = reader.Int(-kMaxInt, kMaxInt, "a stride of a view");
  if (!reader.ok()) return;

  view->count = 1;
  for (int i = 0; i < view->nd; i++) {
    if (view->size[i] == 0) {
      view->count = 0;
    } else if (view->count > kMaxInt / view->size[i]) {
      return reader.Fail("a view has too many elements");
    } else {
      view->count *= view->size[i];
    }
  }
  view->access = Classify(*view);
  if (view->count == 0) return;

  int64_t first, last;
  if (!Reach(*view, &first, &last)) return reader.Fail("a view reaches too far");
  if (view->loc == kIota) return;
  Loc& loc = program.locs[static_cast<size_t>(view->loc)];
  const size_t bytes = kDTypeBytes[static_cast<int>(view->dtype)];
  const size_t block = kDTypeElements[static_cast<int>(view->dtype)];
  if (block > 1 && !KeepsBlocks(*view)) return reader.Fail("a view cuts blocks of " + std::to_string(block));
  if (block == 1) loc.align = std::max(loc.align, bytes);
  if (first < 0 || static_cast<size_t>(last) / block >= loc.bytes / bytes) {
    reader.Fail("a view of memory " + std::to_string(view->loc) + " reaches elements " + std::to_string(first) +
                " to " + std::to_string(last) + " of " + std::to_string(bytes) + " bytes" +
                (block > 1 ? " a block of " + std::to_string(block) : "") + ", but it has " +
                std::to_string(loc.bytes) + " bytes");
  }
}

void CheckWritten(Reader& reader, const Program& program, const Step& step, int written) {
  if (written < 0 || written >= step.num_views) return;
  const View& view = step.views[written];
  if (!IsWritable(program, view)) return reader.Fail("the kernel writes an input or a constant");
  for (int i = 0; i < step.num_views; i++) {
    if (i != written && Overlap(program, view, step.views[i])) {
      return reader.Fail("the kernel would write what it reads");
    }
  }
}

}  // namespace mia
