// The one place that shows native memory to JavaScript, and the copy for where that is not allowed.
#pragma once

#include <node_api.h>

#include "runtime/mapped_file.h"
#include "runtime/memory.h"

namespace mia {

// An ArrayBuffer of `bytes` <= buffer->bytes() bytes. Takes the caller's reference, whatever happens. Null: an
// exception is pending.
napi_value ShowAsArrayBuffer(napi_env env, Buffer* buffer, size_t bytes);

// An ArrayBuffer over bytes [begin, begin + bytes) of the file, whose mapping it holds. Null: an exception is pending.
napi_value ShowFile(napi_env env, MappedFile* file, size_t begin, size_t bytes);

}  // namespace mia
