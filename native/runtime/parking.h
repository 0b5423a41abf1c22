// What idle threads do: look busily for a while, then sleep until somebody picks them.
#pragma once

#include <stdint.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace mia {

constexpr int kMaxThreads = 256;

inline void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A set of thread numbers that any thread may change. Sequentially consistent: "announce, then look" on both sides of a
// meeting (a sleeper and whoever brings work) must not let both look first.
class ThreadSet {
 public:
  static constexpr int kWords = kMaxThreads / 64;
  // True if it was not there.
  bool Add(int i) { return (words_[i / 64].fetch_or(Bit(i)) & Bit(i)) == 0; }
  // True if it was there: of several callers only one takes it out.
  bool Remove(int i) { return (words_[i / 64].fetch_and(~Bit(i)) & Bit(i)) != 0; }
  bool Has(int i) const { return (Word(i / 64) & Bit(i)) != 0; }
  bool Empty() const { return (Word(0) | Word(1) | Word(2) | Word(3)) == 0; }
  uint64_t Word(int w) const { return words_[w].load(); }

  // Removes and returns some member, or -1.
  int RemoveAny() {
    for (int w = 0; w < kWords; w++) {
      for (uint64_t bits = Word(w); bits != 0; bits &= bits - 1) {
        const int i = w * 64 + __builtin_ctzll(bits);
        if (Remove(i)) return i;
      }
    }
    return -1;
  }

 private:
  static uint64_t Bit(int i) { return uint64_t{1} << (i % 64); }
  std::atomic<uint64_t> words_[kWords] = {};
};

// Where one thread sleeps. Each Wake() ends one Sleep(), whichever comes first.
class Bed {
 public:
  // The number that Wake() was called with, or -1 after `seconds` without one (0: no end).
  int Sleep(double seconds) {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto woken = [this] { return value_ >= 0; };
    if (seconds == 0) {
      condition_.wait(lock, woken);
    } else if (!condition_.wait_for(lock, std::chrono::duration<double>(seconds), woken)) {
      return -1;
    }
    const int value = value_;
    value_ = -1;
    return value;
  }
  void Wake(int value) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      value_ = value;
    }
    condition_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  int value_ = -1;
};

}  // namespace mia
