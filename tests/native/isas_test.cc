// Which ISAs this machine has. MIA_EXPECT_ISAS, best first, says what an emulated CPU should be found to have
// (scripts/test-emulated.mjs).
#include <set>

#include "kernel_fixture.h"

TEST(IsasAreThoseOfTheMachine) {
  std::string names;
  std::set<std::string> distinct;
  for (const auto* isa : kernel::Isas()) {
    names += (names.empty() ? "" : ",") + std::string(isa->isa);
    distinct.insert(isa->isa);
  }
  CHECK_EQ(distinct.size(), kernel::Isas().size());
  CHECK_EQ(kernel::Isas().back()->isa, std::string("scalar"));
  if (const char* expected = getenv("MIA_EXPECT_ISAS")) CHECK_EQ(names, std::string(expected));
}
