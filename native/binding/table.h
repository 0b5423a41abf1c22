// Numbers that stand for native things in JavaScript: a slot and how often it was used, so that a stale number is
// noticed. Positive integers below 2^52, never zero.
#pragma once

#include <stdint.h>

#include <vector>

namespace mia {

template <class T>
class Table {
 public:
  double Add(T* item) {
    if (free_ == kNone) {
      slots_.push_back({nullptr, 0, kNone});
      free_ = static_cast<uint32_t>(slots_.size() - 1);
    }
    const uint32_t index = free_;
    Slot& slot = slots_[index];
    free_ = slot.next_free;
    slot.item = item;
    slot.uses = (slot.uses + 1) % kUses;
    size_++;
    return static_cast<double>(slot.uses) * kSlots + index + 1;
  }

  // Null if the number stands for nothing (any more).
  T* Find(double id) const {
    if (!(id >= 1 && id < kSlots * kUses) || id != static_cast<double>(static_cast<uint64_t>(id))) return nullptr;
    const auto number = static_cast<uint64_t>(id) - 1;
    const auto index = static_cast<uint32_t>(number);
    if (index >= slots_.size() || slots_[index].uses != number >> 32) return nullptr;
    return slots_[index].item;
  }

  T* Remove(double id) {
    T* item = Find(id);
    if (item == nullptr) return nullptr;
    const auto index = static_cast<uint32_t>(static_cast<uint64_t>(id) - 1);
    slots_[index].item = nullptr;
    slots_[index].next_free = free_;
    free_ = index;
    size_--;
    return item;
  }

  size_t size() const { return size_; }

  template <class F>
  void Clear(F&& release) {
    for (Slot& slot : slots_) {
      if (slot.item != nullptr) release(slot.item);
    }
    slots_.clear();
    free_ = kNone;
    size_ = 0;
  }

 private:
  static constexpr double kSlots = 0x1p32;
  static constexpr uint32_t kUses = 1 << 20, kNone = UINT32_MAX;
  struct Slot {
    T* item;
    uint32_t uses, next_free;
  };

  std::vector<Slot> slots_;
  uint32_t free_ = kNone;
  size_t size_ = 0;
};

}  // namespace mia
