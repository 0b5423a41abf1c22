// Files that JavaScript holds by a number, and parts of them as ArrayBuffers.
#include "binding/external_buffer.h"
#include "binding/instance.h"

namespace mia {
namespace {

// The file of argument 0; null with an exception pending if there is none.
MappedFile* FileOf(Instance& instance, Args& args, const char* function) {
  args.function(function);
  const double handle = args.Number(0, "file");
  if (!args.ok()) return nullptr;
  MappedFile* file = instance.files.Find(handle);
  if (file == nullptr) Throw(instance.env, std::string(function) + ": there is no such file");
  return file;
}

}  // namespace

// mapFile(fd: number, bytes: number): number, or 0 where the system cannot map it
napi_value MapFile(Instance& instance, Args& args) {
  args.function("mapFile");
  const int64_t fd = args.Int(0, "fd", 0, INT32_MAX);
  const int64_t bytes = args.Int(1, "bytes", 1, kMaxInt);
  if (!args.ok()) return nullptr;
  MappedFile* file = MappedFile::Open(static_cast<int>(fd), static_cast<size_t>(bytes));
  if (file == nullptr) return ToNumber(instance.env, 0);
  try {
    return ToNumber(instance.env, instance.files.Add(file));
  } catch (const std::bad_alloc&) {
    file->Unref();
    throw;
  }
}

// fileBytes(file: number, begin: number, bytes: number): ArrayBuffer
napi_value FileBytes(Instance& instance, Args& args) {
  MappedFile* file = FileOf(instance, args, "fileBytes");
  const int64_t begin = args.Int(1, "begin", 0, kMaxInt), bytes = args.Int(2, "bytes", 0, kMaxInt);
  if (file == nullptr || !args.ok()) return nullptr;
  if (static_cast<uint64_t>(begin) + static_cast<uint64_t>(bytes) > file->bytes()) {
    return Throw(instance.env, "fileBytes: the file has " + std::to_string(file->bytes()) + " bytes");
  }
  return ShowFile(instance.env, file, static_cast<size_t>(begin), static_cast<size_t>(bytes));
}

// trimFile(file: number): void
napi_value TrimFile(Instance& instance, Args& args) {
  MappedFile* file = FileOf(instance, args, "trimFile");
  if (file == nullptr) return nullptr;
  file->Trim();
  return Undefined(instance.env);
}

// fileShrank(file: number): boolean
napi_value FileShrank(Instance& instance, Args& args) {
  const MappedFile* file = FileOf(instance, args, "fileShrank");
  napi_value result = nullptr;
  if (file != nullptr) napi_get_boolean(instance.env, file->shrank(), &result);
  return result;
}

// closeFile(file: number): void; ArrayBuffers of it keep its pages as long as they live
napi_value CloseFile(Instance& instance, Args& args) {
  if (FileOf(instance, args, "closeFile") == nullptr) return nullptr;
  instance.files.Remove(args.Number(0, "file"))->Unref();
  return Undefined(instance.env);
}

}  // namespace mia
