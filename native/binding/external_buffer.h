// The one place that shows native memory to JavaScript, and the copy for where that is not allowed.
#pragma once

#include <node_api.h>

#include "runtime/mapped_file.h"
#include "runtime/memory.h"

namespace mia {

// An ArrayBuffer of `bytes` <= buffer->bytes() bytes. Takes the caller's reference, whatever happens. Null: an
// exception is pending.
napi_value ShowAsArrayBuffer(napi_env env, Buffer* buffer, size_t bytes);

// An ArrayBuffer of bytes [begin, begin + bytes) of the file: its pages, held as long as the ArrayBuffer lives, or a
// copy where that is less trouble. Null: an exception is pending.
napi_value ShowFile(napi_env env, MappedFile* file, size_t begin, size_t bytes);

}  // namespace mia
