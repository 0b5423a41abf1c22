#include "runtime/decode.h"
#include "runtime/types.h"

namespace mia {
namespace {

constexpr int kMaxViews = 256;  // a load names its view in a byte
constexpr int kMaxCode = 1 << 14;

struct Register {
  bool defined = false, constant = false;
  Reg type{};
};

// A constant is converted to its register's type without a check, so it must fit.
bool Fits(double value, Reg type) {
  switch (type) {
    case Reg::k_f32: case Reg::k_f64: return true;
    case Reg::k_i32: return value >= -0x1p31 && value < 0x1p31 && value == floor(value);
    case Reg::k_u32: return value >= 0 && value < 0x1p32 && value == floor(value);
    case Reg::k_i64: return value >= -0x1p63 && value < 0x1p63 && value == floor(value);
    case Reg::k_u64: return value >= 0 && value < 0x1p64 && value == floor(value);
  }
  return false;
}

class TileReader {
 public:
  TileReader(Reader& reader, Program& program, TileProgram* tile) : in_(reader), program_(program), tile_(tile) {}

  // Fails unless register r holds a value, of this type.
  void Use(int64_t r, Reg type, const char* where) {
    if (!in_.ok()) return;
    if (!registers_[r].defined) {
      in_.Fail(std::string(where) + " reads register " + std::to_string(r) + " before it is written");
    } else if (registers_[r].type != type) {
      in_.Fail(std::string(where) + " reads register " + std::to_string(r) + " as " + NameOf(type) + ", but it holds " +
               NameOf(registers_[r].type));
    }
  }
  void Define(int64_t r, Reg type) {
    if (registers_[r].constant) in_.Fail("register " + std::to_string(r) + " is a constant and may not be written");
    registers_[r].defined = true;
    registers_[r].type = type;
  }

  int64_t ReadRegister(const char* what) { return in_.Int(0, tile_->num_regs - 1, what); }

  void ReadViews() {
    tile_->num_views = in_.Count(4, "the number of views", kMaxViews);
    View* views = program_.slab.New<View>(static_cast<size_t>(tile_->num_views));
    tile_->views = views;
    for (int i = 0; i < tile_->num_views && in_.ok(); i++) {
      ReadView(in_, program_, true, &views[i]);
      if (in_.ok() && IsBlock(views[i].dtype)) in_.Fail("a tile program sees blocks");
      if (!in_.ok()) return;
      Normalize(&views[i]);
      if (views[i].count != views[0].count) in_.Fail("views of one tile program differ in their number of elements");
    }
  }

  void ReadConsts(bool register_0_is_input) {
    tile_->num_consts = in_.Count(3, "the number of constants", kMaxRegs);
    Const* consts = program_.slab.New<Const>(static_cast<size_t>(tile_->num_consts));
    tile_->consts = consts;
    for (int i = 0; i < tile_->num_consts && in_.ok(); i++) {
      const int64_t r = in_.Int(register_0_is_input ? 1 : 0, tile_->num_regs - 1, "the register of a constant");
      const auto type = static_cast<Reg>(in_.Int(0, 5, "the type of a constant"));
      const double value = in_.Number();
      if (!in_.ok()) return;
      if (!Fits(value, type)) {
        return in_.Fail("a constant " + std::to_string(value) + " does not fit " + NameOf(type));
      }
      Define(r, type);
      registers_[r].constant = true;
      consts[i] = {static_cast<uint8_t>(r), static_cast<uint8_t>(type), value};
    }
  }

  void ReadCode() {
    tile_->num_code = in_.Count(5, "the number of instructions", kMaxCode);
    Instr* code = program_.slab.New<Instr>(static_cast<size_t>(tile_->num_code));
    tile_->code = code;
    for (int i = 0; i < tile_->num_code && in_.ok(); i++) {
      const int64_t op = in_.Int(0, kNumScalars - 1, "an operation");
      const int64_t dst = ReadRegister("a destination register");
      int64_t operands[3] = {0, 0, 0};
      if (op == kLoad) {
        operands[0] = in_.Int(0, tile_->num_views - 1, "the view of a load");
        in_.Int(0, 0, "an operand that load does not have");
        in_.Int(0, 0, "an operand that load does not have");
        if (!in_.ok()) return;
        Define(dst, RegOf(tile_->views[operands[0]].dtype));
      } else {
        const ScalarTypes& types = TypesOfScalar(static_cast<int>(op));
        if (!types.known) return in_.Fail("an operation cannot be used");
        for (int k = 0; k < 3; k++) {
          operands[k] = k < types.arity ? ReadRegister("an operand register") : in_.Int(0, 0, "an unused operand");
          if (k < types.arity) Use(operands[k], types.in[k], kScalarNames[op]);
        }
        if (!in_.ok()) return;
        Define(dst, types.out);
      }
      code[i] = {static_cast<uint16_t>(op), static_cast<uint8_t>(dst), static_cast<uint8_t>(operands[0]),
                 static_cast<uint8_t>(operands[1]), static_cast<uint8_t>(operands[2])};
    }
  }

  void ReadStores() {
    tile_->num_stores = in_.Count(2, "the number of stores", kMaxViews);
    Store* stores = program_.slab.New<Store>(static_cast<size_t>(tile_->num_stores));
    tile_->stores = stores;
    for (int i = 0; i < tile_->num_stores && in_.ok(); i++) {
      const int64_t r = ReadRegister("the register of a store");
      const int64_t v = in_.Int(0, tile_->num_views - 1, "the view of a store");
      if (!in_.ok()) return;
      const View& view = tile_->views[v];
      if (!IsWritable(program_, view)) return in_.Fail("a store into an input or a constant");
      Use(r, RegOf(view.dtype), "a store");
      stores[i] = {static_cast<uint8_t>(r), 0, static_cast<uint16_t>(v)};
    }
    if (in_.ok()) MarkDirectStores(program_, *tile_, stores);
  }

 private:
  Reader& in_;
  Program& program_;
  TileProgram* tile_;
  Register registers_[kMaxRegs];
};

}  // namespace

void ReadTileProgram(Reader& reader, Program& program, const KernelEntry& kernel, Part part, TileProgram* tile) {
  const KernelTypes types = TypesOfKernel(kernel.name);
  const bool is_map = std::string(kernel.name) == "map";
  const int64_t num_regs = reader.Int(0, kMaxRegs, "the number of registers");
  if (num_regs == 0) {
    for (int i = 0; i < 5; i++) reader.Int(0, 0, "a part of an absent tile program");
    return;
  }
  if (!(part == Part::kPrologue ? types.typed || is_map : types.typed)) {
    return reader.Fail("the kernel takes no such tile program");
  }
  tile->num_regs = static_cast<uint8_t>(num_regs);
  tile->result = static_cast<uint8_t>(reader.Int(0, num_regs - 1, "the result register"));
  TileReader in(reader, program, tile);
  if (part == Part::kEpilogue) in.Define(0, types.out);
  in.ReadViews();
  in.ReadConsts(part == Part::kEpilogue);
  in.ReadCode();
  if (part == Part::kPrologue && types.typed) in.Use(tile->result, types.in, kernel.name);
  in.ReadStores();
}

}  // namespace mia
