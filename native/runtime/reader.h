// Reads the words of a program. The first mistake is kept with its place and ends the reading: every later read gives
// zero, so that decoding needs no check after each word.
#pragma once

#include <math.h>
#include <stdint.h>

#include <string>

namespace mia {

class Reader {
 public:
  Reader(const double* words, size_t count) : next_(words), left_(count) {}

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }

  // Said before every message: "step 3 (map): prologue".
  void At(std::string place) { place_ = std::move(place); }

  void Fail(const std::string& what) {
    if (ok()) error_ = place_.empty() ? what : place_ + ": " + what;
    left_ = 0;
  }

  double Number() {
    if (left_ == 0) {
      Fail("the program ends too early");
      return 0;
    }
    left_--;
    return *next_++;
  }

  // An integer in [low, high]; outside, the message names `what`.
  int64_t Int(int64_t low, int64_t high, const char* what) {
    const double word = Number();
    if (!ok()) return 0;
    // Compared as doubles: no limit used is beyond 2^53.
    if (!(word >= static_cast<double>(low) && word <= static_cast<double>(high)) || word != floor(word)) {
      Fail(std::string(what) + " is " + std::to_string(word) + ", not an integer from " + std::to_string(low) + " to " +
           std::to_string(high));
      return 0;
    }
    return static_cast<int64_t>(word);
  }

  // A number of things of at least `words_each` words: what cannot follow is refused before anything is allocated.
  int Count(int words_each, const char* what, int64_t limit = 1 << 24) {
    const auto most = static_cast<int64_t>(left_ == 0 ? 0 : (left_ - 1) / static_cast<size_t>(words_each));
    return static_cast<int>(Int(0, most < limit ? most : limit, what));
  }

  size_t left() const { return left_; }

 private:
  const double* next_;
  size_t left_;
  std::string place_, error_;
};

}  // namespace mia
