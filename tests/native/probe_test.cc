// The probes that judge kernels: they compute what they say.
#include "kernels/probe.h"

#include "kernel_fixture.h"

TEST(ProbeCountsOperations) {
  for (const auto* table : kernel::Isas()) {
    const double once = table->probes->fma_f32(1);
    CHECK(once >= 2);
    CHECK_EQ(table->probes->fma_f32(1000), 1000 * once);
  }
}

TEST(ProbeCopyAndRead) {
  for (const auto* table : kernel::Isas()) {
    for (size_t bytes : {size_t{512}, size_t{64 << 10}, size_t{9 << 20}}) {
      const kernel::Memory from(bytes), to(bytes);
      const auto values = kernel::Random<int32_t>(bytes / 4, 7, 1e6);
      memcpy(from.data(), values.data(), bytes);
      table->probes->copy(to.data(), from.data(), bytes);
      CHECK(memcmp(to.data(), values.data(), bytes) == 0);
      CHECK(from.Intact() && to.Intact());
      uint32_t sum = 0;
      for (int32_t value : values) sum += static_cast<uint32_t>(value);
      CHECK_EQ(table->probes->read(from.data(), bytes), static_cast<int32_t>(sum));
    }
  }
}
