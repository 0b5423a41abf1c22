#include "binding/instance.h"

namespace mia {

void Drop(napi_env env, LoadedProgram* loaded) {
  if (--loaded->users != 0) return;
  for (napi_ref array : loaded->arrays) napi_delete_reference(env, array);
  for (Buffer* buffer : loaded->buffers) buffer->Unref();
  delete loaded;
}

void Retire(Instance& instance, Flight* flight) {
  for (napi_ref pin : flight->pins) napi_delete_reference(instance.env, pin);
  for (Buffer* buffer : flight->held) buffer->Unref();
  for (Buffer* buffer : flight->outputs) {
    if (buffer != nullptr) buffer->Unref();
  }
  flight->pins.clear();
  flight->held.clear();
  flight->outputs.clear();
  if (flight->loaded != nullptr) Drop(instance.env, flight->loaded);
  flight->loaded = nullptr;
  std::unique_ptr<Flight> owned(flight);
  if (instance.spare.size() < instance.spare.capacity()) instance.spare.push_back(std::move(owned));
}

void StopRuns(Instance& instance) {
  Completions& completions = *instance.completions;
  for (const auto& [id, flight] : instance.flights) {
    flight->cancelled.store(true, std::memory_order_relaxed);
    // Not to wait for the turn of what has not begun: other environments may keep the pool busy.
    if (!Pool::Process().Withdraw(flight)) continue;
    std::lock_guard<std::mutex> lock(completions.mutex);
    completions.Push(flight);
    completions.in_pool--;
  }
  {
    std::unique_lock<std::mutex> lock(completions.mutex);
    completions.wake = nullptr;
    completions.all_left.wait(lock, [&] { return completions.in_pool == 0; });
  }
  for (Task* done = completions.TakeAll(); done != nullptr;) {
    auto* flight = static_cast<Flight*>(done);
    done = done->next;
    Retire(instance, flight);
  }
  instance.flights.clear();
}

Instance::~Instance() {
  StopRuns(*this);
  programs.Clear([this](LoadedProgram* loaded) { Drop(env, loaded); });
  buffers.Clear([](Buffer* buffer) { buffer->Unref(); });
  files.Clear([](MappedFile* file) { file->Unref(); });
  if (on_complete != nullptr) napi_delete_reference(env, on_complete);
}

}  // namespace mia
