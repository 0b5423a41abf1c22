// prepare() and releaseProgram().
#include <string.h>

#include <new>

#include "binding/instance.h"

namespace mia {
namespace {

struct Constant {
  double handle = 0;
  napi_value array = nullptr;
  bool resizable = false;
};

// Keeps a constant's memory for the program: by reference where possible, as a copy where it could move or is not
// aligned. The message of what is wrong, or "".
std::string Hold(Instance& instance, LoadedProgram* loaded, int index, const Constant& constant) {
  Program& program = *loaded->program;
  const Loc& loc = program.locs[static_cast<size_t>(program.const_loc(index))];
  Bytes bytes;
  Buffer* buffer = nullptr;
  if (constant.array == nullptr) {
    buffer = instance.buffers.Find(constant.handle);
    if (buffer == nullptr) return "is no buffer";
    buffer->Ref();
    loaded->buffers.push_back(buffer);
    bytes = {buffer->data(), buffer->bytes(), nullptr};
  } else if (!GetBytes(instance.env, constant.array, &bytes)) {
    return "is neither a handle nor a typed array";
  }
  if (bytes.size < loc.bytes) {
    return "has " + std::to_string(bytes.size) + " bytes, but the program needs " + std::to_string(loc.bytes);
  }
  if (buffer == nullptr && (constant.resizable || reinterpret_cast<uintptr_t>(bytes.data) % loc.align != 0)) {
    buffer = Buffer::Create(loc.bytes, &instance.account);
    if (buffer == nullptr) return "is not to be copied: out of memory";
    if (loc.bytes != 0) memcpy(buffer->data(), bytes.data, loc.bytes);
    loaded->buffers.push_back(buffer);
    bytes.data = buffer->data();
  } else if (buffer == nullptr) {
    napi_ref reference;
    if (napi_create_reference(instance.env, constant.array, 1, &reference) != napi_ok) return "cannot be referenced";
    loaded->arrays.push_back(reference);
  }
  program.const_data[static_cast<size_t>(index)] = bytes.data;
  return "";
}

}  // namespace

const KernelTable* FindTable(const std::string& isa) {
  for (int i = 0; i < kNumTables; i++) {
    if (isa == kTables[i]->isa && kTables[i]->supported()) return kTables[i];
  }
  return nullptr;
}

// prepare(isa: string, threads: number, words: Float64Array, consts: (ArrayBufferView | number)[]): number
napi_value PrepareProgram(Instance& instance, Args& args) {
  const napi_env env = instance.env;
  args.function("prepare");
  const std::string isa = args.String(0, "isa");
  const int threads = static_cast<int>(args.Int(1, "threads", 1, 1 << 20));
  const size_t most = args.View(2, "words").size / sizeof(double);  // each constant takes a word
  const uint32_t count = args.ArrayLength(3, "consts");
  if (!args.ok()) return nullptr;
  if (count > most) return Throw(env, "prepare: there are more constants than words");

  // Everything that may run JavaScript (a getter) comes before anything it could change is looked at.
  std::vector<Constant> constants(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value value;
    if (napi_get_element(env, args.value(3), i, &value) != napi_ok) return nullptr;
    if (napi_get_value_double(env, value, &constants[i].handle) == napi_ok) continue;
    Bytes bytes;
    if (!GetBytes(env, value, &bytes)) return ThrowType(env, "prepare: consts must be handles and typed arrays");
    constants[i].array = value;
    constants[i].resizable = IsResizable(env, bytes.buffer);
  }

  const KernelTable* table = FindTable(isa);
  if (table == nullptr) return Throw(env, "prepare: this machine has no '" + isa + "' kernels");
  const Bytes bytes = args.View(2, "words");
  std::vector<double> words(bytes.size / sizeof(double));
  if (!words.empty()) memcpy(words.data(), bytes.data, words.size() * sizeof(double));
  std::string error;
  auto loaded = std::make_unique<LoadedProgram>();
  loaded->program = Prepare(*table, threads, words.data(), words.size(), &error);
  if (loaded->program == nullptr) return Throw(env, "prepare: " + error);
  if (static_cast<uint32_t>(loaded->program->num_consts) != count) {
    return Throw(env, "prepare: the program has " + std::to_string(loaded->program->num_consts) + " constants, got " +
                          std::to_string(count));
  }
  loaded->arrays.reserve(count);
  loaded->buffers.reserve(count);
  for (uint32_t i = 0; i < count && error.empty(); i++) {
    error = Hold(instance, loaded.get(), static_cast<int>(i), constants[i]);
    if (!error.empty()) error = "prepare: constant " + std::to_string(i) + " " + error;
  }
  LoadedProgram* const owned = loaded.release();
  if (!error.empty()) {
    Drop(env, owned);
    return Throw(env, error);
  }
  return ToNumber(env, instance.programs.Add(owned));
}

// imageBytes(isa: string, format: string, n: number, k: number): number, or -1 if the format is unknown
napi_value ImageBytes(Instance& instance, Args& args) {
  args.function("imageBytes");
  const std::string isa = args.String(0, "isa"), format = args.String(1, "format");
  const int64_t n = args.Int(2, "n", 0, int64_t{1} << 31), k = args.Int(3, "k", 0, int64_t{1} << 31);
  if (!args.ok()) return nullptr;
  const KernelTable* table = FindTable(isa);
  for (int i = 0; table != nullptr && i < table->num_formats; i++) {
    if (format != table->formats[i].name) continue;
    return ToNumber(instance.env, n * k < kMaxInt / 16 ? static_cast<double>(table->formats[i].image_bytes(n, k)) : -1);
  }
  return ToNumber(instance.env, -1);
}

// releaseProgram(id: number): void
napi_value ReleaseProgram(Instance& instance, Args& args) {
  args.function("releaseProgram");
  const double id = args.Number(0, "id");
  if (!args.ok()) return nullptr;
  LoadedProgram* loaded = instance.programs.Remove(id);
  if (loaded == nullptr) return Throw(instance.env, "releaseProgram: there is no such program");
  Drop(instance.env, loaded);
  return Undefined(instance.env);
}

}  // namespace mia
