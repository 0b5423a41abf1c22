#include "binding/args.h"

#include <math.h>

namespace mia {
namespace {

size_t ElementBytes(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array: case napi_uint8_array: case napi_uint8_clamped_array: return 1;
    case napi_int16_array: case napi_uint16_array: return 2;
    case napi_int32_array: case napi_uint32_array: case napi_float32_array: return 4;
    case napi_float64_array: case napi_bigint64_array: case napi_biguint64_array: return 8;
    default: return 2;  // Float16Array, of later versions
  }
}

bool ExceptionPending(napi_env env) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  return pending;
}

}  // namespace

napi_value Throw(napi_env env, const std::string& message) {
  if (!ExceptionPending(env)) napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

napi_value ThrowType(napi_env env, const std::string& message) {
  if (!ExceptionPending(env)) napi_throw_type_error(env, nullptr, message.c_str());
  return nullptr;
}

napi_value ThrowOutOfMemory(napi_env env) { return Throw(env, "out of memory"); }

Args::Args(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = kMost;  // missing ones become undefined
  ok_ = napi_get_cb_info(env, info, &count, values_, nullptr, &data_) == napi_ok;
}

bool Args::Check(bool good, const char* name, const char* type) {
  if (ok_ && !good) {
    ok_ = false;
    ThrowType(env_, std::string(function_) + ": " + name + " must be " + type);
  }
  return ok_;
}

double Args::Number(size_t i, const char* name) {
  double value = 0;
  return ok_ && Check(napi_get_value_double(env_, values_[i], &value) == napi_ok, name, "a number") ? value : 0;
}

int64_t Args::Int(size_t i, const char* name, int64_t low, int64_t high) {
  const double value = Number(i, name);
  if (!ok_) return 0;
  const bool good = value >= static_cast<double>(low) && value <= static_cast<double>(high) && value == floor(value);
  if (Check(good, name, "an integer in range")) return static_cast<int64_t>(value);
  return 0;
}

bool Args::Bool(size_t i, const char* name) {
  bool value = false;
  return ok_ && Check(napi_get_value_bool(env_, values_[i], &value) == napi_ok, name, "a boolean") && value;
}

std::string Args::String(size_t i, const char* name) {
  if (!ok_) return "";
  size_t length = 0;
  if (!Check(napi_get_value_string_utf8(env_, values_[i], nullptr, 0, &length) == napi_ok, name, "a string")) return "";
  std::string text(length, '\0');
  napi_get_value_string_utf8(env_, values_[i], &text[0], length + 1, &length);
  return text;
}

uint32_t Args::ArrayLength(size_t i, const char* name) {
  uint32_t length = 0;
  return ok_ && Check(napi_get_array_length(env_, values_[i], &length) == napi_ok, name, "an array") ? length : 0;
}

napi_value Args::Function(size_t i, const char* name) {
  napi_valuetype type = napi_undefined;
  if (ok_) napi_typeof(env_, values_[i], &type);
  return Check(type == napi_function, name, "a function") ? values_[i] : nullptr;
}

Bytes Args::View(size_t i, const char* name) {
  Bytes bytes;
  if (ok_) Check(GetBytes(env_, values_[i], &bytes), name, "a typed array or a DataView");
  return bytes;
}

bool GetBytes(napi_env env, napi_value value, Bytes* bytes) {
  void* data = nullptr;
  size_t length = 0, offset = 0;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, &bytes->buffer, &offset) == napi_ok) {
    length *= ElementBytes(type);
  } else {
    bool is_dataview = false;
    if (napi_is_dataview(env, value, &is_dataview) != napi_ok || !is_dataview) return false;
    if (napi_get_dataview_info(env, value, &length, &data, &bytes->buffer, &offset) != napi_ok) return false;
  }
  bytes->data = static_cast<char*>(data);
  bytes->size = data == nullptr ? 0 : length;
  return true;
}

bool IsResizable(napi_env env, napi_value buffer) {
  napi_value value;
  bool resizable = false;
  if (napi_get_named_property(env, buffer, "resizable", &value) != napi_ok) {
    napi_get_and_clear_last_exception(env, &value);
    return true;
  }
  napi_get_value_bool(env, value, &resizable);  // undefined in a SharedArrayBuffer: it never shrinks
  return resizable;
}

napi_value Undefined(napi_env env) {
  napi_value value = nullptr;
  napi_get_undefined(env, &value);
  return value;
}

napi_value ToNumber(napi_env env, double value) {
  napi_value number = nullptr;
  napi_create_double(env, value, &number);
  return number;
}

}  // namespace mia
