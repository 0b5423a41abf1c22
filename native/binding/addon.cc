// mia.node: what native code offers to TypeScript. Loaded once per environment; each has an Instance of its own, and
// only the thread pool and the memory it works in are shared by the process.
#include <dlfcn.h>

#include <exception>
#include <new>

#include "binding/instance.h"
#include "runtime/cpus.h"
#include "runtime/types.h"

namespace mia {
namespace {

// The shape of every exported function: arguments in, and no C++ exception out.
template <napi_value (*F)(Instance&, Args&)>
napi_value Call(napi_env env, napi_callback_info info) {
  Args args(env, info);
  if (!args.ok()) return nullptr;
  try {
    return F(*static_cast<Instance*>(args.data()), args);
  } catch (const std::bad_alloc&) {
    return ThrowOutOfMemory(env);
  } catch (const std::exception& error) {
    return Throw(env, error.what());
  }
}

constexpr struct {
  const char* name;
  napi_callback function;
} kFunctions[] = {
    {"setup", Call<Setup>},
    {"prepare", Call<PrepareProgram>},
    {"imageBytes", Call<ImageBytes>},
    {"releaseProgram", Call<ReleaseProgram>},
    {"run", Call<RunProgram>},
    {"cancel", Call<Cancel>},
    {"alloc", Call<Alloc>},
    {"copyIn", Call<CopyIn>},
    {"release", Call<Release>},
    {"bytes", Call<BytesOf>},
    {"toArrayBuffer", Call<ToArrayBuffer>},
    {"peek", Call<Peek>},
    {"stats", Call<Stats>},
    {"trim", Call<Trim>},
    {"probe", Call<Probe>},
    {"mapFile", Call<MapFile>},
    {"fileBytes", Call<FileBytes>},
    {"trimFile", Call<TrimFile>},
    {"fileShrank", Call<FileShrank>},
    {"closeFile", Call<CloseFile>},
};

// name(i) for i in [0, count) as an array of strings.
template <class F>
napi_value Names(napi_env env, int count, F&& name) {
  napi_value array, text;
  napi_create_array_with_length(env, static_cast<size_t>(count), &array);
  for (int i = 0; i < count; i++) {
    napi_create_string_utf8(env, name(i), NAPI_AUTO_LENGTH, &text);
    napi_set_element(env, array, static_cast<uint32_t>(i), text);
  }
  return array;
}

napi_value Tables(napi_env env) {
  napi_value tables;
  napi_create_object(env, &tables);
  const auto set = [&](const char* key, napi_value names) { napi_set_named_property(env, tables, key, names); };
  set("dtypes", Names(env, kNumDTypes, [](int i) { return kDTypeNames[i]; }));
  set("scalars", Names(env, kNumScalars, [](int i) { return kScalarNames[i]; }));
  set("kernels", Names(env, kTables[0]->num_kernels, [](int i) { return kTables[0]->kernels[i].name; }));
  set("regs", Names(env, 6, [](int i) { return NameOf(static_cast<Reg>(i)); }));
  return tables;
}

napi_value Isas(napi_env env) {
  std::vector<const char*> names;
  for (int i = 0; i < kNumTables; i++) {
    if (kTables[i]->supported()) names.push_back(kTables[i]->isa);
  }
  return Names(env, static_cast<int>(names.size()), [&](int i) { return names[static_cast<size_t>(i)]; });
}

// When the last worker that loaded the addon ends, Node unloads it; pool threads would be left without their code.
void KeepLoaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&KeepLoaded), &info) != 0) dlopen(info.dli_fname, RTLD_LAZY | RTLD_NODELETE);
}

}  // namespace
}  // namespace mia

NAPI_MODULE_INIT() {
  using namespace mia;
  static const bool kept = (KeepLoaded(), true);
  static_cast<void>(kept);
  auto* instance = new (std::nothrow) Instance;
  if (instance == nullptr) return ThrowOutOfMemory(env);
  instance->env = env;
  napi_add_env_cleanup_hook(env, [](void* data) { delete static_cast<Instance*>(data); }, instance);
  for (const auto& entry : kFunctions) {
    napi_value function;
    if (napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.function, instance, &function) != napi_ok) break;
    napi_set_named_property(env, exports, entry.name, function);
  }
  napi_set_named_property(env, exports, "tables", Tables(env));
  napi_set_named_property(env, exports, "isas", Isas(env));
  napi_set_named_property(env, exports, "threads", ToNumber(env, UsableCores()));
  return exports;
}
