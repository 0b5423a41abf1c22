#include "runtime/probe.h"

#include "binding/instance.h"

namespace mia {

// probe(name: string, isa: string, threads: number): number
napi_value Probe(Instance& instance, Args& args) {
  args.function("probe");
  const std::string name = args.String(0, "name"), isa = args.String(1, "isa");
  const int threads = static_cast<int>(args.Int(2, "threads", 1, kMaxThreads));
  if (!args.ok()) return nullptr;
  const KernelTable* table = FindTable(isa);
  if (table == nullptr) return Throw(instance.env, "probe: this machine has no '" + isa + "' kernels");
  const double result = Measure(*table, name, threads);
  if (result < 0) return Throw(instance.env, "probe: '" + name + "' cannot be measured");
  return ToNumber(instance.env, result);
}

}  // namespace mia
