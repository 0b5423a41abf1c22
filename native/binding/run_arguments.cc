#include "binding/run_arguments.h"

#include <math.h>

namespace mia {

bool ReadInputs(napi_env env, napi_value array, bool queued, std::vector<Input>* inputs) {
  for (size_t i = 0; i < inputs->size(); i++) {
    Input& input = (*inputs)[i];
    napi_value value;
    if (napi_get_element(env, array, static_cast<uint32_t>(i), &value) != napi_ok) return false;
    if (napi_get_value_double(env, value, &input.handle) == napi_ok) continue;
    input.array = value;
    if (!GetBytes(env, value, &input.bytes)) {
      ThrowType(env, "run: input " + std::to_string(i) + " must be a handle or a typed array");
      return false;
    }
    input.copy = queued && IsResizable(env, input.bytes.buffer);
  }
  return true;
}

bool ReadTargets(napi_env env, napi_value array, std::vector<Input>* targets) {
  for (size_t i = 0; i < targets->size(); i++) {
    Input& target = (*targets)[i];
    napi_value value;
    napi_valuetype type;
    if (napi_get_element(env, array, static_cast<uint32_t>(i), &value) != napi_ok) return false;
    if (napi_typeof(env, value, &type) == napi_ok && (type == napi_null || type == napi_undefined)) continue;
    if (napi_get_value_double(env, value, &target.handle) == napi_ok) continue;
    target.array = value;
    if (!GetBytes(env, value, &target.bytes) || IsResizable(env, target.bytes.buffer)) {
      ThrowType(env, "run: target " + std::to_string(i) +
                         " must be a typed array that cannot be resized, a handle or null");
      return false;
    }
  }
  return true;
}

std::string Resolve(Instance& instance, const Loc& loc, Input* input) {
  if (input->array != nullptr) {
    GetBytes(instance.env, input->array, &input->bytes);
    input->copy = input->copy || reinterpret_cast<uintptr_t>(input->bytes.data) % loc.align != 0;
  } else {
    input->buffer = instance.buffers.Find(fabs(input->handle));
    if (input->buffer == nullptr) return "is no buffer";
    input->bytes = {input->buffer->data(), input->buffer->bytes(), nullptr};
  }
  if (input->bytes.size >= loc.bytes) return "";
  return "has " + std::to_string(input->bytes.size) + " bytes, but the program needs " +
         std::to_string(loc.bytes);
}

std::string CheckTarget(Instance& instance, const Loc& loc, Input* target) {
  if (target->array != nullptr) {
    GetBytes(instance.env, target->array, &target->bytes);
  } else if (target->handle != 0) {
    target->buffer = instance.buffers.Find(target->handle);
    if (target->buffer == nullptr) return "is no buffer";
    target->bytes = {target->buffer->data(), target->buffer->bytes(), nullptr};
  } else {
    return "";
  }
  if (target->bytes.size != loc.bytes) {
    return "has " + std::to_string(target->bytes.size) + " bytes, but the output has " +
           std::to_string(loc.bytes);
  }
  return reinterpret_cast<uintptr_t>(target->bytes.data) % loc.align == 0 ? "" : "is not aligned";
}

}  // namespace mia
