#include "binding/external_buffer.h"

#include <string.h>

#include <new>

#include "binding/args.h"

namespace mia {
namespace {

// Below, copying costs no more than a finalizer, and needs none: finalizers wait for the event loop to turn, which a
// chain
// of awaits that are answered at once never lets it do.
constexpr size_t kExternalFrom = 64 << 10;

struct Export {
  Shared* memory;
  bool offering = true;  // still inside napi_create_external_arraybuffer
  bool refused = false;  // it called the finalizer there and then
};

void Finalize(napi_env, void*, void* hint) {
  auto* shown = static_cast<Export*>(hint);
  if (shown->offering) {
    shown->refused = true;
    return;
  }
  shown->memory->Unref();
  delete shown;
}

// Null without side effects if the runtime refuses external memory (or this much of it). Else the caller's reference is
// the result's.
napi_value External(napi_env env, Shared* memory, char* data, size_t bytes) {
  auto* shown = new (std::nothrow) Export{memory};
  if (shown == nullptr) return nullptr;
  napi_value result = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, data, bytes, Finalize, shown, &result);
  shown->offering = false;
  if (status == napi_ok && !shown->refused) return result;
  delete shown;
  napi_value ignored;
  napi_get_and_clear_last_exception(env, &ignored);
  return nullptr;
}

// Through the constructor where it is large: that throws where napi_create_arraybuffer would end the process.
napi_value NewArrayBuffer(napi_env env, size_t bytes, void** data) {
  napi_value global, constructor, length, result = nullptr;
  *data = nullptr;
  if (bytes < kExternalFrom) {
    napi_create_arraybuffer(env, bytes, data, &result);
    return result;
  }
  if (napi_get_global(env, &global) != napi_ok ||
      napi_get_named_property(env, global, "ArrayBuffer", &constructor) != napi_ok ||
      napi_create_double(env, static_cast<double>(bytes), &length) != napi_ok ||
      napi_new_instance(env, constructor, 1, &length, &result) != napi_ok) {
    return nullptr;
  }
  size_t got = 0;
  return napi_get_arraybuffer_info(env, result, data, &got) == napi_ok && got == bytes ? result : nullptr;
}

}  // namespace

napi_value ShowAsArrayBuffer(napi_env env, Buffer* buffer, size_t bytes) {
  napi_value result = bytes < kExternalFrom ? nullptr : External(env, buffer, buffer->data(), bytes);
  if (result != nullptr) {
    buffer->LeaveAccount();  // it is V8's to count now
    return result;
  }
  void* data;
  result = NewArrayBuffer(env, bytes, &data);
  if (result != nullptr && bytes != 0) memcpy(data, buffer->data(), bytes);
  buffer->Unref();
  return result == nullptr ? Throw(env, "toArrayBuffer: out of memory") : result;
}

napi_value ShowFile(napi_env env, MappedFile* file, size_t begin, size_t bytes) {
  file->Ref();
  const napi_value result = External(env, file, file->data() + begin, bytes);
  if (result != nullptr) return result;
  file->Unref();
  return Throw(env, "fileBytes: this runtime refuses external memory, or so much of it");
}

}  // namespace mia
