// The whole native test harness: TEST bodies register themselves, checks count failures and go on.
// Include it in every test file; several files may link into one program.
#pragma once

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

namespace test {

struct Case {
  const char* name;
  void (*body)();
};
inline std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}
inline int failures = 0;  // of the case that runs now
struct Registrar {
  Registrar(const char* name, void (*body)()) { Cases().push_back({name, body}); }
};
inline void Fail(const char* file, int line, const std::string& what) {
  if (++failures <= 20) printf("%s:%d: %s\n", file, line, what.c_str());
}
template <class A, class B>
void Equal(const char* file, int line, const char* text, const A& a, const B& b) {
  if (a == b) return;
  std::ostringstream out;
  out << text << ": " << a << " != " << b;
  Fail(file, line, out.str());
}
// Equal, both NaN, or no further apart than `tolerance`.
inline void Near(const char* file, int line, const char* text, double a, double b, double tolerance) {
  if (a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= tolerance) return;
  std::ostringstream out;
  out.precision(17);
  out << text << ": " << a << " is not within " << tolerance << " of " << b;
  Fail(file, line, out.str());
}

}  // namespace test

#define TEST(name)                                                   \
  static void Test_##name();                                         \
  static const test::Registrar registrar_##name(#name, Test_##name); \
  static void Test_##name()
#define CHECK(cond) ((cond) ? void() : test::Fail(__FILE__, __LINE__, "CHECK(" #cond ")"))
#define CHECK_EQ(a, b) test::Equal(__FILE__, __LINE__, #a " == " #b, (a), (b))
#define CHECK_NEAR(a, b, tolerance) test::Near(__FILE__, __LINE__, #a " ~ " #b, (a), (b), (tolerance))

// Weak, so that several test files may link into one program.
__attribute__((weak)) int main(int argc, char** argv) {
  int passed = 0, failed = 0;
  for (const auto& one : test::Cases()) {
    bool asked_for = argc == 1;
    for (int i = 1; i < argc; i++) asked_for = asked_for || strstr(one.name, argv[i]) != nullptr;
    if (!asked_for) continue;
    test::failures = 0;
    const auto start = std::chrono::steady_clock::now();
    one.body();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (getenv("MIA_TEST_TIMES") != nullptr) printf("%8.2f s  %s\n", took.count(), one.name);
    if (test::failures != 0) printf("FAILED %s\n", one.name);
    fflush(stdout);  // a test that never ends shows who it is
    (test::failures == 0 ? passed : failed)++;
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0 || passed == 0 ? 1 : 0;
}
