#include "runtime/types.h"

#include <string.h>

#include <string>
#include <vector>

namespace mia {
namespace {

constexpr const char* kRegNames[] = {"f32", "f64", "i32", "u32", "i64", "u64"};
constexpr Reg kRegOf[] = {
#define X(name, storage, reg) Reg::k_##reg,
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) Reg::k_f32,
#include "kernels/blocks.def"
#undef X
};
constexpr bool kIsRegister[] = {
#define X(name, storage, reg) DType::k_##name == DType::k_##reg,
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) false,
#include "kernels/blocks.def"
#undef X
};
constexpr const char* kNames[] = {
#define X(name, storage, reg) #name,
#include "kernels/dtypes.def"
#undef X
};

std::vector<std::string> Split(const char* name) {
  std::vector<std::string> parts(1);
  for (; *name != '\0'; name++) {
    if (*name == '.') {
      parts.emplace_back();
    } else {
      parts.back() += *name;
    }
  }
  return parts;
}

// The register in which values of the named dtype live: round.f16 and wrap.i8 name the precision they imitate.
bool RegOfName(const std::string& dtype, Reg* reg) {
  for (size_t i = 0; i < sizeof kNames / sizeof *kNames; i++) {
    if (dtype == kNames[i]) {
      *reg = kRegOf[i];
      return true;
    }
  }
  return false;
}

ScalarTypes Parse(const char* name, uint8_t arity) {
  const auto parts = Split(name);
  ScalarTypes types;
  types.arity = arity;
  Reg first{}, last{};
  types.known = parts.size() >= 2 && arity >= 1 && arity <= 3 && RegOfName(parts[1], &first) &&
                RegOfName(parts.back(), &last);
  if (!types.known) return types;
  types.out = last;
  for (Reg& in : types.in) in = last;
  const std::string& op = parts[0];
  if (op == "cast") types.in[0] = first;
  if (op == "select") types.in[0] = Reg::k_i32;
  if (op == "eq" || op == "ne" || op == "lt" || op == "le") types.out = Reg::k_i32;
  return types;
}

}  // namespace

const ScalarTypes& TypesOfScalar(int op) {
  static const auto* const table = [] {
    auto* all = new std::vector<ScalarTypes>;
    for (int i = 0; i < kNumScalars; i++) all->push_back(Parse(kScalarNames[i], kScalarArity[i]));
    return all;
  }();
  return (*table)[static_cast<size_t>(op)];
}

KernelTypes TypesOfKernel(const char* name) {
  KernelTypes types;
  const auto starts = [name](const char* prefix) { return strncmp(name, prefix, strlen(prefix)) == 0; };
  if (starts("gather") || starts("takeAlong")) types.written = 2;
  if (starts("scatter") || starts("topk") || starts("attention") || starts("wkv7") || starts("encode")) {
    types.written = 0;
  }
  if (starts("sample")) types.written = 3;
  if (starts("pack")) types.written = 1, types.blocks = 0;
  if (starts("decode") || starts("encode")) types.blocks = 0;
  if (strcmp(name, "matmul.f32") == 0) types.blocks = 1;
  const char* dot = strrchr(name, '.');
  if (dot == nullptr || starts("scatter") || starts("attention") || starts("wkv7") || starts("pack")) {
    return types;
  }
  for (int i = 0; i < 6; i++) {
    if (strcmp(dot + 1, kRegNames[i]) == 0) {
      types.typed = true;
      types.in = types.out = static_cast<Reg>(i);
    }
  }
  if (starts("reduce.arg")) types.out = Reg::k_i32;
  return types;
}

Reg RegOf(DType dtype) { return kRegOf[static_cast<int>(dtype)]; }
const char* NameOf(Reg reg) { return kRegNames[static_cast<int>(reg)]; }
bool IsRegister(DType dtype) { return kIsRegister[static_cast<int>(dtype)]; }
bool IsBlock(DType dtype) { return kDTypeElements[static_cast<int>(dtype)] > 1; }

}  // namespace mia
