// Buffers that JavaScript holds by a number, and what the environment holds altogether.
#include <string.h>

#include "binding/external_buffer.h"
#include "binding/instance.h"

namespace mia {
namespace {

// A handle of a new buffer; an exception if there is no room.
napi_value NewBuffer(Instance& instance, size_t bytes, const void* contents, bool zeros) {
  Buffer* buffer = Buffer::Create(bytes, &instance.account, zeros);
  if (buffer == nullptr) return ThrowOutOfMemory(instance.env);
  if (contents != nullptr && bytes != 0) memcpy(buffer->data(), contents, bytes);
  try {
    return ToNumber(instance.env, instance.buffers.Add(buffer));
  } catch (const std::bad_alloc&) {
    buffer->Unref();
    throw;
  }
}

void Set(napi_env env, napi_value object, const char* key, double value) {
  napi_set_named_property(env, object, key, ToNumber(env, value));
}

}  // namespace

// alloc(bytes: number, zeros: boolean): number
napi_value Alloc(Instance& instance, Args& args) {
  args.function("alloc");
  const int64_t bytes = args.Int(0, "bytes", 0, kMaxInt);
  const bool zeros = args.Bool(1, "zeros");
  return args.ok() ? NewBuffer(instance, static_cast<size_t>(bytes), nullptr, zeros) : nullptr;
}

// copyIn(view: ArrayBufferView): number
napi_value CopyIn(Instance& instance, Args& args) {
  args.function("copyIn");
  const Bytes bytes = args.View(0, "view");
  return args.ok() ? NewBuffer(instance, bytes.size, bytes.data, false) : nullptr;
}

// release(handle: number): void
napi_value Release(Instance& instance, Args& args) {
  args.function("release");
  const double handle = args.Number(0, "handle");
  if (!args.ok()) return nullptr;
  Buffer* buffer = instance.buffers.Remove(handle);
  if (buffer == nullptr) return Throw(instance.env, "release: there is no such buffer");
  buffer->Unref();
  return Undefined(instance.env);
}

// bytes(handle: number): number
napi_value BytesOf(Instance& instance, Args& args) {
  args.function("bytes");
  const double handle = args.Number(0, "handle");
  if (!args.ok()) return nullptr;
  const Buffer* buffer = instance.buffers.Find(handle);
  if (buffer == nullptr) return Throw(instance.env, "bytes: there is no such buffer");
  return ToNumber(instance.env, static_cast<double>(buffer->bytes()));
}

// toArrayBuffer(handle: number, bytes: number): ArrayBuffer
napi_value ToArrayBuffer(Instance& instance, Args& args) {
  args.function("toArrayBuffer");
  const double handle = args.Number(0, "handle");
  const int64_t bytes = args.Int(1, "bytes", 0, kMaxInt);
  if (!args.ok()) return nullptr;
  const Buffer* buffer = instance.buffers.Find(handle);
  if (buffer == nullptr) return Throw(instance.env, "toArrayBuffer: there is no such buffer");
  if (buffer->bytes() < static_cast<size_t>(bytes)) {
    return Throw(instance.env, "toArrayBuffer: the buffer has " + std::to_string(buffer->bytes()) + " bytes, not " +
                                   std::to_string(bytes));
  }
  return ShowAsArrayBuffer(instance.env, instance.buffers.Remove(handle), static_cast<size_t>(bytes));
}

// peek(handle: number): ArrayBuffer, over memory that stays the handle's too (a small one is copied)
napi_value Peek(Instance& instance, Args& args) {
  args.function("peek");
  const double handle = args.Number(0, "handle");
  if (!args.ok()) return nullptr;
  Buffer* buffer = instance.buffers.Find(handle);
  if (buffer == nullptr) return Throw(instance.env, "peek: there is no such buffer");
  buffer->Ref();
  return ShowAsArrayBuffer(instance.env, buffer, buffer->bytes());
}

// stats(): { arenaBytes, bufferBytes, buffers, programs, runs }
napi_value Stats(Instance& instance, Args&) {
  const napi_env env = instance.env;
  napi_value stats = nullptr;
  if (napi_create_object(env, &stats) != napi_ok) return nullptr;
  Set(env, stats, "arenaBytes", static_cast<double>(ArenaBytes()));
  Set(env, stats, "bufferBytes", static_cast<double>(instance.account.bytes.load(std::memory_order_relaxed)));
  Set(env, stats, "buffers", static_cast<double>(instance.account.buffers.load(std::memory_order_relaxed)));
  Set(env, stats, "programs", static_cast<double>(instance.programs.size()));
  Set(env, stats, "runs", static_cast<double>(instance.flights.size()));
  return stats;
}

// trim(): void
napi_value Trim(Instance& instance, Args&) {
  TrimIdle(0);
  return Undefined(instance.env);
}

}  // namespace mia
