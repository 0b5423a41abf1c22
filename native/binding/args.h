// Arguments of the addon's functions: C++ values out of JavaScript's, or a thrown TypeError that names what was wrong.
#pragma once

#include <node_api.h>

#include <stddef.h>
#include <stdint.h>

#include <string>

namespace mia {

// Memory of a typed array or DataView. Valid until JavaScript runs again, unless the array is held by a reference.
struct Bytes {
  char* data = nullptr;
  size_t size = 0;
  napi_value buffer = nullptr;  // the ArrayBuffer behind it
};

// Always null, so that `return Throw(...)` reads well.
napi_value Throw(napi_env env, const std::string& message);
napi_value ThrowType(napi_env env, const std::string& message);
napi_value ThrowOutOfMemory(napi_env env);

class Args {
 public:
  Args(napi_env env, napi_callback_info info);
  // The name of the function, for messages.
  void function(const char* name) { function_ = name; }

  // After a failure all the others fail too, and ok() is false; an exception is pending.
  bool ok() const { return ok_; }
  void* data() const { return data_; }
  napi_value value(size_t i) const { return values_[i]; }

  double Number(size_t i, const char* name);
  int64_t Int(size_t i, const char* name, int64_t low, int64_t high);
  bool Bool(size_t i, const char* name);
  std::string String(size_t i, const char* name);
  uint32_t ArrayLength(size_t i, const char* name);
  napi_value Function(size_t i, const char* name);
  Bytes View(size_t i, const char* name);

 private:
  bool Check(bool good, const char* name, const char* type);

  static constexpr size_t kMost = 6;
  napi_env env_;
  const char* function_ = "";
  napi_value values_[kMost];
  void* data_ = nullptr;
  bool ok_ = true;
};

// False if the value is no typed array or DataView. A detached array has no bytes.
bool GetBytes(napi_env env, napi_value value, Bytes* bytes);

// Whether JavaScript may take pages away from under the memory by resizing it. May run JavaScript.
bool IsResizable(napi_env env, napi_value buffer);

napi_value Undefined(napi_env env);
napi_value ToNumber(napi_env env, double value);

}  // namespace mia
