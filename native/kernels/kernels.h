// What a kernel sees. Everything here is plain data: kernels never allocate, throw, or know threads; the runtime owns
// memory and cuts work into ranges. Shared by every ISA, so no function body and no STL may live here.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace mia {

constexpr int kMaxDims = 12;   // flattened loop dims of one view
constexpr int kTile = 512;     // elements in one register of the tile interpreter
constexpr int kMaxRegs = 32;   // registers of one tile program: 32 x 512 x 8 bytes of scratch
constexpr size_t kRegBytes = kTile * sizeof(double);

enum class DType : uint8_t {
#define X(name, storage, reg) k_##name,
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) k_##name,
#include "kernels/blocks.def"
#undef X
};

// How the elements of a view lie in memory, in row-major logical order. Decided once when a program is prepared.
enum class Access : uint8_t { kLinear, kSplat, kStrided };

// A strided window on one of the run's memories. Offsets and strides count elements of dtype and may be negative. One
// of a block dtype has one dim, of stride 1, that its blocks run along; its other strides and its offset are whole
// blocks.
// loc == kIota: no memory; the value of an element is its own offset (how arange is generated).
constexpr int32_t kIota = -1;
struct View {
  int32_t loc;  // index into Frame::base
  DType dtype;
  Access access;
  uint8_t nd;
  int64_t offset;
  int64_t count;  // elements: the product of size
  int64_t size[kMaxDims];
  int64_t stride[kMaxDims];
};

// One instruction of the tile interpreter: dst[i] = op(a[i], b[i], c[i]) over a tile.
// op indexes scalars.def; the first entry is `load`, whose `a` is an index into TileProgram::views.
struct Instr {
  uint16_t op;
  uint8_t dst, a, b, c;
};
struct Const {  // a register filled once per kernel call, never written by code
  uint8_t reg;
  uint8_t type;  // Reg
  double value;
};
struct Store {
  uint8_t reg;
  uint8_t direct;  // the defining instruction may write to memory itself (set when the program is prepared)
  uint16_t view;
};

// An elementwise expression over a linear index space [0, n): loads, straight-line code, stores.
// A prologue leaves its value in register `result`; an epilogue starts with register 0 already holding its input tile.
struct TileProgram {
  int32_t num_views, num_consts, num_code, num_stores;
  const View* views;
  const Const* consts;
  const Instr* code;
  const Store* stores;
  uint8_t num_regs;
  uint8_t result;
};

enum class Reg : uint8_t { k_f32, k_f64, k_i32, k_u32, k_i64, k_u64 };

struct KernelEntry;

// One step of a program, already decoded and checked. What `views`, `ints` and `floats` mean is written at each kernel.
struct Step {
  const KernelEntry* kernel;
  int32_t num_views, num_ints, num_floats;
  const View* views;
  const int64_t* ints;
  const double* floats;
  TileProgram prologue, epilogue;
  size_t shared_bytes;    // scratch of the whole step (partial results, packed panels)
  size_t shared_offset;   // where it lies in the arena
};

enum class Status : int32_t { kOk = 0, kIndexOutOfRange = 1, kCancelled = 2, kOutOfMemory = 3 };

// What one call of a kernel may touch besides its step.
struct Frame {
  char* const* base;   // memories of this run, by View::loc
  char* shared;        // Step::shared_bytes, 64-byte aligned
  char* scratch;       // this thread's own kScratchBytes, 64-byte aligned
  int32_t* status;     // first failure wins; written through Fail() only
  int64_t* detail;     // the offending value
};
constexpr size_t kScratchBytes = kMaxRegs * kRegBytes + (size_t{1} << 20);  // registers, then 1 MiB for rows and panels

// How a phase of a step may be cut: [0, units), at least `grain` units together; cost is a rough estimate in
// nanoseconds of one thread, and decides whether waking anybody is worth it.
struct Work {
  int64_t units, grain;
  double cost_per_unit;
};

// One compiled implementation. Phases run one after the other; within a phase ranges run in any order, in parallel.
struct KernelEntry {
  const char* name;  // as plans print it: "map", "reduce.sum.f32", "rows.softmax.f32", "matmul.f32"
  int32_t phases;
  Work (*work)(const Step&, int phase);
  void (*run)(const Step&, const Frame&, int phase, int64_t begin, int64_t end);
  size_t (*shared_bytes)(const Step&);  // null: none. Depends on sizes only, never on the number of threads.
  // Null: accept. Returns why the step's counts, sizes or views are not what the kernel needs (a static string), else
  // null.
  const char* (*check)(const Step&);
};

struct Probes;  // kernels/probe.h

// A format of packed weights, and the size of an image of a matrix [K, N] in it. How it lies there is the ISA's matter.
struct PackedFormat {
  const char* name;
  int64_t (*image_bytes)(int64_t n, int64_t k);
};

// All kernels compiled for one ISA. Every ISA lists the same names in the same order.
struct KernelTable {
  const char* isa;
  int32_t num_kernels;
  const KernelEntry* kernels;
  bool (*supported)();  // cpuid / hwcap; never throws
  const Probes* probes;
  int32_t num_formats;
  const PackedFormat* formats;
};

// scalars.def, dtypes.def and blocks.def as names, so that the front end resolves numbers at load.
extern const char* const kScalarNames[];
extern const int32_t kNumScalars;
extern const uint8_t kScalarArity[];
extern const char* const kDTypeNames[];
extern const uint8_t kDTypeBytes[];      // of what memory keeps whole: an element, or a block of them
extern const uint16_t kDTypeElements[];  // and how many elements that is: 1, or those of a block
extern const int32_t kNumDTypes;

// Tables built into this binary, best first.
extern const KernelTable* const kTables[];
extern const int32_t kNumTables;

}  // namespace mia
