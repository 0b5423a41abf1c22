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
  int64_t uncounted;     // bytes that V8 was told not to count
  bool offering = true;  // still inside napi_create_external_arraybuffer
  bool refused = false;  // it called the finalizer there and then
};

// V8 collects garbage the more the memory it knows of grows, so it must not take pages of a file for memory.
void Uncount(napi_env env, int64_t bytes) {
  int64_t ignored;
  if (bytes != 0) napi_adjust_external_memory(env, -bytes, &ignored);
}

void Finalize(napi_env env, void*, void* hint) {
  auto* shown = static_cast<Export*>(hint);
  if (shown->offering) {
    shown->refused = true;
    return;
  }
  Uncount(env, -shown->uncounted);
  shown->memory->Unref();
  delete shown;
}

// Null without side effects if the runtime refuses external memory (or this much of it). Else the caller's reference is
// the result's.
napi_value External(napi_env env, Shared* memory, char* data, size_t bytes, bool counted) {
  auto* shown = new (std::nothrow) Export{memory, counted ? 0 : static_cast<int64_t>(bytes)};
  if (shown == nullptr) return nullptr;
  napi_value result = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, data, bytes, Finalize, shown, &result);
  shown->offering = false;
  if (status == napi_ok && !shown->refused) {
    Uncount(env, shown->uncounted);
    return result;
  }
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

napi_value Copy(napi_env env, const char* data, size_t bytes) {
  void* copy;
  const napi_value result = NewArrayBuffer(env, bytes, &copy);
  if (result != nullptr && bytes != 0) memcpy(copy, data, bytes);
  return result;
}

}  // namespace

napi_value ShowAsArrayBuffer(napi_env env, Buffer* buffer, size_t bytes) {
  napi_value result = bytes < kExternalFrom ? nullptr : External(env, buffer, buffer->data(), bytes, true);
  if (result != nullptr) {
    buffer->LeaveAccount();  // it is V8's to count now
    return result;
  }
  result = Copy(env, buffer->data(), bytes);
  buffer->Unref();
  return result == nullptr ? Throw(env, "toArrayBuffer: out of memory") : result;
}

napi_value ShowFile(napi_env env, MappedFile* file, size_t begin, size_t bytes) {
  char* const data = file->data() + begin;
  napi_value result = nullptr;
  if (bytes >= kExternalFrom) {
    file->Ref();
    result = External(env, file, data, bytes, false);
    if (result == nullptr) file->Unref();
  }
  if (result == nullptr) result = Copy(env, data, bytes);
  return result == nullptr ? Throw(env, "fileBytes: out of memory") : result;
}

}  // namespace mia
