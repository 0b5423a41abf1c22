// A program: the steps of a plan for one device, decoded from the front end's words and checked once, then run many
// times. Nothing in the words is trusted: whatever they say, a prepared program touches only memory that belongs to it.
#pragma once

#include <memory>
#include <new>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace mia {

constexpr int64_t kMaxInt = int64_t{1} << 53;  // of integers that doubles carry

// Memories of a run, in the order of View::loc: inputs, outputs, constants, temporaries.
struct Loc {
  enum Kind : uint8_t { kInput, kOutput, kConst, kTemp };
  Kind kind;
  size_t bytes;           // inputs and constants: at least
  size_t align = 1;       // of the largest dtype that views it
  int donor = -1;         // outputs: the input whose memory it may take over
  size_t offset = 0;      // temporaries: in the arena
};

// Owns the arrays that steps point to. Only for plain data.
class Slab {
 public:
  template <class T>
  T* New(size_t count) {
    const size_t bytes = (count * sizeof(T) + 15) / 16 * 16;
    if (bytes > left_) {
      left_ = bytes > kBlock ? bytes : kBlock;
      blocks_.emplace_back(new char[left_]);
      next_ = blocks_.back().get();
    }
    T* array = reinterpret_cast<T*>(next_);
    next_ += bytes;
    left_ -= bytes;
    for (size_t i = 0; i < count; i++) new (array + i) T();
    return array;
  }

 private:
  static constexpr size_t kBlock = 16 << 10;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

struct Program {
  const KernelTable* table = nullptr;
  int threads = 1;  // a run uses at most so many

  int num_inputs = 0, num_outputs = 0, num_consts = 0, num_temps = 0;
  std::vector<Loc> locs;
  std::vector<char*> const_data;  // set by whoever holds the constants
  std::vector<Step> steps;
  std::vector<Work> work;         // of every phase of every step, in order
  size_t arena_bytes = 0;         // temporaries, then the scratch that steps share one after the other
  double cost = 0;                // nanoseconds of one thread, estimated

  Slab slab;

  int output_loc(int i) const { return num_inputs + i; }
  int const_loc(int i) const { return num_inputs + num_outputs + i; }
  int temp_loc(int i) const { return num_inputs + num_outputs + num_consts + i; }
  // Whether writing to one of them may change the other.
  bool MayShare(int a, int b) const;
};

// Null with a message in *error if the words are not a program for this table. Throws nothing but std::bad_alloc.
std::unique_ptr<Program> Prepare(const KernelTable& table, int threads, const double* words, size_t count,
                                 std::string* error);

}  // namespace mia
