// The tile interpreter: runs a TileProgram over up to kTile elements at a time, each instruction one SIMD loop over
// registers that stay in L1. Reading memory costs no copy where the bytes are the register's already, and the last
// instruction may write memory itself.
#pragma once

#include "kernels/chain.inl"
#include "kernels/scalars.inl"
#include "kernels/views.inl"
#include "kernels/work.inl"

MIA_BEGIN

// Registers do not start at the same offset of a page: stores then do not look like later loads to the CPU.
constexpr size_t kRegStride = kRegBytes + 128;
constexpr size_t kRegsBytes = kMaxRegs * kRegStride;

// The thread's scratch: registers of the prologue, registers of the epilogue, then what the kernel wants.
constexpr size_t kKernelScratchBytes = kScratchBytes - 2 * kRegsBytes;
MIA_INLINE char* PrologueScratch(const Frame& frame) { return frame.scratch; }
MIA_INLINE char* EpilogueScratch(const Frame& frame) { return frame.scratch + kRegsBytes; }
MIA_INLINE char* KernelScratch(const Frame& frame) { return frame.scratch + 2 * kRegsBytes; }

MIA_INLINE int RoundToStep(int n) { return (n + kStep - 1) / kStep * kStep; }

// Outputs from this size on are written past the caches.
constexpr int64_t kStreamBytes = int64_t{32} << 20;

// Does the program consist of one load of memory that is laid out like a register?
MIA_INLINE bool IsPlainLoad(const TileProgram& program) {
  if (program.num_code != 1 || program.code[0].op != kLoad || program.code[0].dst != program.result) return false;
  const View& view = program.views[program.code[0].a];
  return view.loc != kIota && view.access == Access::kLinear && SameAsRegister(view.dtype);
}
// Is the epilogue one store of its input to such memory?
MIA_INLINE bool IsPlainStore(const TileProgram& program) {
  if (program.num_code != 0 || program.num_stores != 1 || program.stores[0].reg != 0) return false;
  const View& view = program.views[program.stores[0].view];
  return view.access == Access::kLinear && SameAsRegister(view.dtype);
}

// Of a program, that are looked at for chains.
constexpr int kMaxChained = 64;

struct TileRunner {
  struct Register {
    const void* tile;    // where its elements are now
    char* home;          // its own memory
    char* direct;        // memory of element 0 if the last writer writes memory itself, else null
    int32_t last_write;  // index of that writer
    int32_t bytes;       // of an element of `direct`
  };
  const TileProgram* program;
  char* const* base;
  Register regs[kMaxRegs];
  uint32_t numbers;  // registers of constants
  uint32_t fixed;    // registers whose value no tile changes: loaded by Start
  uint32_t kept;     // registers that must not lie in memory, since another store may overwrite it before theirs
  uint64_t streams;  // stores that go past the caches
  bool streamed;     // the last chain writes past the caches
  uint8_t links[kMaxChained];  // instructions from here on that run as one chain
  const View* replaced = nullptr;  // the view that `substitute` stands for in the next run
  View substitute;
  char* substitute_base;

  // Prepares tiles of up to `longest` elements; is_epilogue: register 0 comes from outside.
  MIA_NOINLINE void Start(const TileProgram& tile_program, char* const* memories, char* scratch, int64_t longest,
                          bool is_epilogue) {
    program = &tile_program;
    base = memories;
    fixed = kept = numbers = 0;
    streams = 0;
    const int length = RoundToStep(static_cast<int>(longest < kTile ? longest : kTile));
    for (int r = 0; r < program->num_regs; r++) {
      char* home = scratch + r * kRegStride;
      regs[r] = {home, home, nullptr, -1, 0};
    }
    for (int i = 0; i < program->num_consts; i++) {
      const Const& constant = program->consts[i];
      numbers |= 1u << constant.reg;
      WithType(static_cast<Reg>(constant.type), [&](auto t) {
        Fill(regs[constant.reg].home, static_cast<decltype(t)>(constant.value), length);
      });
    }
    for (int i = 0; i < program->num_stores; i++) {
      const mia::Store& store = program->stores[i];
      const View& view = program->views[store.view];
      Register& reg = regs[store.reg];
      if (program->num_stores > 1) kept |= 1u << store.reg;
      if (i < 64 && Streams(view)) {
        streams |= uint64_t{1} << i;
      } else if (store.direct && reg.direct == nullptr && view.access == Access::kLinear &&
          SameAsRegister(view.dtype)) {
        reg.direct = LinearMemory(view, base, 0);
        reg.bytes = DTypeBytes(view.dtype);
      }
    }
    uint32_t written = is_epilogue ? 1 : 0, rewritten = 0;
    for (int i = 0; i < program->num_code; i++) {
      const uint32_t bit = 1u << program->code[i].dst;
      rewritten |= written & bit;
      written |= bit;
      regs[program->code[i].dst].last_write = i;
    }
    for (int i = 0; i < program->num_code; i++) {
      const Instr& instr = program->code[i];
      if (instr.op != kLoad || (rewritten >> instr.dst & 1)) continue;
      const View& view = program->views[instr.a];
      if (view.access != Access::kSplat || view.loc == kIota) continue;
      LoadTile(view, base, 0, length, regs[instr.dst].home, false);
      fixed |= 1u << instr.dst;
    }
    FindChains();
    StreamChain();
  }

  // A chain whose end is the one store of the program writes past the caches itself.
  void StreamChain() {
    streamed = false;
    if (streams != 1 || program->num_stores != 1 || !program->stores[0].direct) return;
    const View& view = program->views[program->stores[0].view];
    Register& reg = regs[program->stores[0].reg];
    const int end = reg.last_write;
    char* memory = LinearMemory(view, base, 0);
    if (end < 1 || end >= kMaxChained || view.dtype != DType::k_f32 ||
        reinterpret_cast<uintptr_t>(memory) % 64 != 0) return;
    int first = 0;
    while (first + links[first] <= end) first += links[first];
    if (links[first] < 2 || first + links[first] - 1 != end) return;
    reg.direct = memory;
    reg.bytes = sizeof(f32);
    streamed = true;
  }

  // Whether instruction i is the only one that reads what i - 1 computed, and can go on with it in registers.
  bool Continues(int i) const {
    const Instr &before = program->code[i - 1], &now = program->code[i];
    const uint8_t value = before.dst;
    if (kLinkKind[now.op] == kNoLink) return false;
    if (now.a != value && (IsUnaryLink(kLinkKind[now.op]) || now.b != value)) return false;
    if (now.dst == value) return true;
    if (value == program->result && regs[value].last_write == i - 1) return false;
    for (int s = 0; s < program->num_stores; s++) {
      if (program->stores[s].reg == value && regs[value].last_write == i - 1) return false;
    }
    for (int later = i + 1; later < program->num_code; later++) {
      const Instr& instr = program->code[later];
      if (instr.op != kLoad && (instr.a == value || instr.b == value || instr.c == value)) return false;
      if (instr.dst == value) return true;
    }
    return true;
  }

  void FindChains() {
    const int looked_at = program->num_code < kMaxChained ? program->num_code : kMaxChained;
    for (int i = 0; i < looked_at; i++) links[i] = 1;
    for (int i = 0; i < looked_at; i++) {
      if (kLinkKind[program->code[i].op] == kNoLink) continue;
      int n = 1;
      while (i + n < looked_at && n < kMaxLinks && Continues(i + n)) n++;
      links[i] = static_cast<uint8_t>(n);
      i += n - 1;
    }
  }

  // Large, and not about to overwrite lines that a load has just brought into the caches.
  bool Streams(const View& store) const {
    if (store.access != Access::kLinear || store.count * DTypeBytes(store.dtype) < kStreamBytes) return false;
    for (int i = 0; i < program->num_code; i++) {
      const Instr& instr = program->code[i];
      if (instr.op != kLoad) continue;
      const int32_t loc = program->views[instr.a].loc;
      if (loc != kIota && base[loc] == base[store.loc]) return false;
    }
    return true;
  }

  // Elements [begin, begin + count) of the index space, count <= kTile.
  MIA_NOINLINE void Run(int64_t begin, int count) {
    const int padded = RoundToStep(count);
    const bool whole = padded == count;  // then loops over whole steps may run on memory
    const Instr* const code = program->code;
    const int num_code = program->num_code;
    for (int i = 0; i < num_code; i++) {
      const Instr instr = code[i];
      Register& dst = regs[instr.dst];
      if (instr.op == kLoad) {
        if (fixed >> instr.dst & 1) continue;
        const View* view = &program->views[instr.a];
        const bool borrow = whole && !(kept >> instr.dst & 1);
        dst.tile = view == replaced ? LoadTile(substitute, &substitute_base, 0, count, dst.home, false)
                                    : LoadTile(*view, base, begin, count, dst.home, borrow);
        continue;
      }
      const int chained = i < kMaxChained ? links[i] : 1;
      if (chained > 1) {
        Chain(i, chained, begin, padded, whole);
        i += chained - 1;
        continue;
      }
      char* out = dst.home;
      if (dst.direct != nullptr && dst.last_write == i && whole) out = dst.direct + begin * dst.bytes;
      kTileOps[instr.op](out, regs[instr.a].tile, regs[instr.b].tile, regs[instr.c].tile, padded);
      dst.tile = out;
    }
    for (int i = 0; i < program->num_stores; i++) {
      const mia::Store& store = program->stores[i];
      StoreTile(program->views[store.view], base, begin, count, regs[store.reg].tile,
                i < 64 && (streams >> i & 1));
    }
  }

  // Instructions [first, first + count) as one pass over the tile.
  void Chain(int first, int count, int64_t begin, int padded, bool whole) {
    Link chain[kMaxLinks];
    const Instr* const code = program->code + first;
    for (int l = 0; l < count; l++) {
      const Instr& instr = code[l];
      const uint8_t value = l == 0 ? instr.a : code[l - 1].dst;
      const bool swapped = instr.a != value;
      const uint8_t other = swapped ? instr.a : instr.b;
      const auto* tile = static_cast<const f32*>(regs[other].tile);
      const bool number = ((fixed | numbers) >> other & 1) != 0 && tile[0] == tile[0];
      chain[l] = {kLinkKind[instr.op],
                  !swapped && instr.b == value ? Link::kSelf : number ? Link::kNumber : Link::kTileOfNumbers, swapped,
                  tile};
    }
    Register& dst = regs[code[count - 1].dst];
    const auto* in = static_cast<const f32*>(regs[code[0].a].tile);
    char* out = dst.home;
    const bool direct = dst.direct != nullptr && dst.last_write == first + count - 1 && whole;
    if (direct) out = dst.direct + begin * dst.bytes;
    const int steps = padded / kChainStep * kChainStep;
    (direct && streamed ? RunChain<true> : RunChain<false>)(chain, count, in, reinterpret_cast<f32*>(out), steps);
    const size_t done = steps * sizeof(f32);
    for (int l = 0; l < count && steps < padded; l++) { // the rest, an instruction at a time
      const Instr& instr = code[l];
      char* to = (l == count - 1 ? out : regs[instr.dst].home) + done;
      const auto tile = [&](uint8_t r) -> const char* {
        const bool value = l > 0 && r == code[l - 1].dst;
        return static_cast<const char*>(value ? regs[r].home : regs[r].tile) + done;
      };
      kTileOps[instr.op](to, tile(instr.a), tile(instr.b), tile(instr.c), padded - steps);
    }
    dst.tile = out;
  }

  // In the next run of `count` elements, element i of the view lies at memory[offset + i * stride].
  void Substitute(const View* view, char* memory, int64_t offset, int64_t stride, int count) {
    replaced = view;
    substitute = {0, view->dtype, Access::kStrided, 1, offset, count, {count}, {stride}};
    substitute_base = memory;
  }

  // A prologue's value after Run.
  template <class T>
  const T* Result() const {
    return static_cast<const T*>(regs[program->result].tile);
  }
  // Has a prologue's last instruction write to `memory`, where elements from `begin` on lie, when it can. The memory is
  // the kernel's own, and no store of the program is direct.
  void Divert(void* memory, int64_t begin, int bytes) {
    Register& reg = regs[program->result];
    reg.direct = static_cast<char*>(memory) - begin * bytes;
    reg.bytes = bytes;
  }

  // The output itself, if an epilogue does nothing but store its input there. Else null.
  char* Output(int64_t begin) const {
    if (!IsPlainStore(*program) || streams != 0) return nullptr;
    return LinearMemory(program->views[program->stores[0].view], base, begin);
  }
  // Where a kernel writes an epilogue's input before Run(begin, count): exactly `count` elements.
  template <class T>
  T* Input(int64_t begin) {
    char* output = Output(begin);
    regs[0].tile = output != nullptr ? output : regs[0].home;
    return static_cast<T*>(const_cast<void*>(regs[0].tile));
  }
  // Or, in the kernel's own memory: RoundToStep(count) elements may be read there.
  void SetInput(const void* tile) { regs[0].tile = tile; }
};

// Nanoseconds of loading one element: long stretches of a row or of one value, or each element by itself.
MIA_INLINE double StridedCost(const View& view) {
  const int64_t stride = view.stride[view.nd - 1], length = view.size[view.nd - 1];
  return (stride == 0 || stride == 1 ? 0.05 : 0.6) + 2.0 / static_cast<double>(length > 0 ? length : 1);
}

// Nanoseconds of one element of a program, its memory included.
MIA_NOINLINE double ProgramCost(const TileProgram& program) {
  double tile = 0, bytes = 0, strided = 0;
  for (int i = 0; i < program.num_code; i++) {
    const Instr& instr = program.code[i];
    tile += kTileOpCost[instr.op];
    if (instr.op != kLoad) continue;
    const View& view = program.views[instr.a];
    if (view.access == Access::kLinear) bytes += DTypeBytes(view.dtype);
    if (view.access == Access::kStrided) strided += StridedCost(view);
  }
  for (int i = 0; i < program.num_stores; i++) bytes += DTypeBytes(program.views[program.stores[i].view].dtype);
  return tile / kTile + bytes * 0.025 + strided;
}

MIA_END
