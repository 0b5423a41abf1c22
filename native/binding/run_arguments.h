// What run() is given: memory by number or as typed arrays, read and checked before anything is changed.
#pragma once

#include <string>
#include <vector>

#include "binding/instance.h"

namespace mia {

// An input, or the target of an output.
struct Input {
  double handle = 0;  // negative: given away
  napi_value array = nullptr;
  Buffer* buffer = nullptr;
  Bytes bytes;
  bool copy = false;  // the array's memory may move, or is not aligned
  bool donated = false;
};

// Reads the array of inputs. Everything that may run JavaScript happens here, before anything it could change
// is looked at; false if an exception is pending.
bool ReadInputs(napi_env env, napi_value array, bool queued, std::vector<Input>* inputs);
// Reads the array of targets, each a typed array, a handle or null; may run JavaScript like ReadInputs.
bool ReadTargets(napi_env env, napi_value array, std::vector<Input>* targets);
// The message of what is wrong with an input, or "". Finds its memory.
std::string Resolve(Instance& instance, const Loc& loc, Input* input);
// The message of what is wrong with a target, or "".
std::string CheckTarget(Instance& instance, const Loc& loc, Input* target);

}  // namespace mia
