#include "runtime/program.h"

#include <algorithm>
#include <new>

#include "runtime/decode.h"
#include "runtime/memory.h"
#include "runtime/types.h"

namespace mia {
namespace {

constexpr int64_t kMagic = 0x4d494131;

size_t ReadBytes(Reader& in, const char* what) { return static_cast<size_t>(in.Int(0, kMaxInt, what)); }

void ReadLocs(Reader& in, Program& program) {
  program.num_inputs = in.Count(1, "the number of inputs");
  program.num_outputs = in.Count(2, "the number of outputs");
  program.num_consts = in.Count(1, "the number of constants");
  program.num_temps = in.Count(2, "the number of temporaries");
  if (!in.ok()) return;
  const size_t locs = static_cast<size_t>(program.num_inputs) + program.num_outputs + program.num_consts +
                      program.num_temps;
  if (locs > in.left()) return in.Fail("the program ends too early");
  program.locs.reserve(locs);
}

void ReadMemories(Reader& in, Program& program) {
  for (int i = 0; i < program.num_inputs; i++) {
    program.locs.push_back({Loc::kInput, ReadBytes(in, "an input's bytes")});
  }
  std::vector<bool> donated(static_cast<size_t>(program.num_inputs));
  for (int i = 0; i < program.num_outputs && in.ok(); i++) {
    Loc loc{Loc::kOutput, ReadBytes(in, "an output's bytes")};
    loc.donor = static_cast<int>(in.Int(-1, program.num_inputs - 1, "the donor of an output"));
    if (in.ok() && loc.donor >= 0) {
      if (donated[static_cast<size_t>(loc.donor)]) in.Fail("two outputs have the same donor");
      donated[static_cast<size_t>(loc.donor)] = true;
    }
    program.locs.push_back(loc);
  }
  for (int i = 0; i < program.num_consts; i++) {
    program.locs.push_back({Loc::kConst, ReadBytes(in, "a constant's bytes")});
  }
  for (int i = 0; i < program.num_temps && in.ok(); i++) {
    const size_t offset = ReadBytes(in, "the offset of a temporary"), bytes = ReadBytes(in, "a temporary's bytes");
    if (offset % kAlign != 0) in.Fail("the offset of a temporary is not a multiple of 64");
    Loc loc{Loc::kTemp, bytes};
    loc.offset = offset;
    program.locs.push_back(loc);
    program.arena_bytes = std::max(program.arena_bytes, offset + bytes);
  }
}

void ReadStep(Reader& in, Program& program, int index) {
  in.At("step " + std::to_string(index));
  Step& step = program.steps[static_cast<size_t>(index)];
  const int64_t id = in.Int(0, program.table->num_kernels - 1, "the kernel");
  if (!in.ok()) return;
  step.kernel = &program.table->kernels[id];
  const std::string place = "step " + std::to_string(index) + " (" + step.kernel->name + ")";
  in.At(place);

  step.num_views = in.Count(4, "the number of views");
  View* views = program.slab.New<View>(static_cast<size_t>(step.num_views));
  step.views = views;
  for (int i = 0; i < step.num_views && in.ok(); i++) ReadView(in, program, false, &views[i]);
  const KernelTypes types = TypesOfKernel(step.kernel->name);
  for (int i = 0; i < step.num_views && in.ok(); i++) {
    if (i == types.blocks || !IsBlock(views[i].dtype)) continue;
    in.Fail("the kernel takes no blocks as view " + std::to_string(i));
  }
  if (in.ok()) CheckWritten(in, program, step, types.written);

  step.num_ints = in.Count(1, "the number of integers");
  int64_t* ints = program.slab.New<int64_t>(static_cast<size_t>(step.num_ints));
  step.ints = ints;
  for (int i = 0; i < step.num_ints && in.ok(); i++) ints[i] = in.Int(-kMaxInt, kMaxInt, "an integer");

  step.num_floats = in.Count(1, "the number of floats");
  double* floats = program.slab.New<double>(static_cast<size_t>(step.num_floats));
  step.floats = floats;
  for (int i = 0; i < step.num_floats && in.ok(); i++) floats[i] = in.Number();

  in.At(place + ": prologue");
  ReadTileProgram(in, program, *step.kernel, Part::kPrologue, &step.prologue);
  in.At(place + ": epilogue");
  ReadTileProgram(in, program, *step.kernel, Part::kEpilogue, &step.epilogue);
  in.At(place);
  if (!in.ok()) return;
  if (step.kernel->check == nullptr) return;
  if (const char* reason = step.kernel->check(step)) in.Fail(reason);
}

// Scratch and cost of every step, after all are known to be sound.
void PlanRun(Program& program) {
  size_t shared = 0;
  for (Step& step : program.steps) {
    step.shared_bytes = step.kernel->shared_bytes == nullptr ? 0 : step.kernel->shared_bytes(step);
    shared = std::max(shared, step.shared_bytes);
    for (int phase = 0; phase < step.kernel->phases; phase++) {
      const Work work = step.kernel->work(step, phase);
      program.work.push_back(work);
      program.cost += work.cost_per_unit * static_cast<double>(work.units);
    }
  }
  // One step runs at a time, so all share one piece of scratch, behind the temporaries.
  const size_t offset = (program.arena_bytes + kAlign - 1) / kAlign * kAlign;
  for (Step& step : program.steps) step.shared_offset = offset;
  if (shared != 0 && __builtin_add_overflow(offset, shared, &program.arena_bytes)) program.arena_bytes = SIZE_MAX;
}

}  // namespace

bool Program::MayShare(int a, int b) const {
  if (a == b) return true;
  const Loc& x = locs[static_cast<size_t>(a)];
  const Loc& y = locs[static_cast<size_t>(b)];
  if (x.kind == Loc::kTemp && y.kind == Loc::kTemp) {
    return x.offset < y.offset + y.bytes && y.offset < x.offset + x.bytes;
  }
  return (x.kind == Loc::kOutput && x.donor == b) || (y.kind == Loc::kOutput && y.donor == a);
}

std::unique_ptr<Program> Prepare(const KernelTable& table, int threads, const double* words, size_t count,
                                 std::string* error) {
  auto program = std::make_unique<Program>();
  program->table = &table;
  program->threads = std::min(std::max(threads, 1), 256);
  Reader in(words, count);
  if (in.Int(0, kMaxInt, "the first word") != kMagic) in.Fail("these are not the words of a program");
  ReadLocs(in, *program);
  const int num_steps = in.Count(9, "the number of steps");
  if (in.ok()) ReadMemories(in, *program);
  if (in.ok()) program->steps.resize(static_cast<size_t>(num_steps));
  for (int i = 0; i < num_steps && in.ok(); i++) ReadStep(in, *program, i);
  in.At("");
  if (in.ok() && in.left() != 0) in.Fail("words are left over after the last step");
  if (!in.ok()) {
    *error = in.error();
    return nullptr;
  }
  PlanRun(*program);
  program->const_data.assign(static_cast<size_t>(program->num_consts), nullptr);
  return program;
}

}  // namespace mia
