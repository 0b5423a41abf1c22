// Which ISAs this build carries and this machine has, and the names of the tables in kernels/*.def.
#include "kernels/kernels.h"
#include "targets/inherited.h"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace mia {

#if defined(__x86_64__)
namespace {

// Compilers disagree on the names of __builtin_cpu_supports, so this asks the CPU itself.
struct Cpu {
  bool avx2 = false, avx512 = false, amx = false;
  Cpu() {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    const bool fma = c >> 12 & 1, f16c = c >> 29 & 1, osxsave = c >> 27 & 1;
    if (!osxsave) return;
    // What the operating system saves at a switch: SSE and AVX, the AVX-512 registers, tiles and their configuration.
    unsigned saved, high;
    __asm__ volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    avx2 = (saved & 0x06) == 0x06 && fma && f16c && (b >> 5 & 1);
    const bool f = b >> 16 & 1, dq = b >> 17 & 1, bw = b >> 30 & 1, vl = b >> 31 & 1, vnni = c >> 11 & 1;
    const bool tiles = (d >> 22 & 1) && (d >> 24 & 1) && (d >> 25 & 1);  // AMX-BF16, AMX-TILE, AMX-INT8
    unsigned leaf1 = 0;
    if (a >= 1) __get_cpuid_count(7, 1, &leaf1, &b, &c, &d);
    const bool bf16 = leaf1 >> 5 & 1;
    avx512 = avx2 && (saved & 0xe6) == 0xe6 && f && dq && bw && vl && vnni && bf16;
    amx = avx512 && tiles && (saved & 0x60000) == 0x60000;
  }
};

#ifdef MIA_HAS_AMX
// Linux gives tiles to processes that ask, because their registers make every switch of a thread that uses them longer.
bool MayUseTiles() {
#if defined(__linux__) && defined(SYS_arch_prctl)
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM
  static const bool may = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return may;
#else
  return false;
#endif
}
#endif

}  // namespace
#endif

#define MIA_DECLARE(isa)            \
  namespace isa {                   \
  extern const KernelTable kTable;  \
  bool Supported();                 \
  }
MIA_DECLARE(scalar)
bool scalar::Supported() { return true; }
#ifdef MIA_HAS_AVX2
MIA_DECLARE(avx2)
bool avx2::Supported() { return Cpu().avx2; }
#endif
#ifdef MIA_HAS_AVX512
MIA_DECLARE(avx512)
bool avx512::Supported() { return Cpu().avx512; }
#endif
#ifdef MIA_HAS_AMX
MIA_DECLARE(amx)
bool amx::Supported() { return Cpu().amx && MayUseTiles(); }
#endif
#ifdef MIA_HAS_NEON
MIA_DECLARE(neon)
bool neon::Supported() { return true; }  // part of the base architecture
#endif
#ifdef MIA_HAS_NEON_DOT
MIA_DECLARE(neon_dot)
bool neon_dot::Supported() {
#ifdef __linux__
  constexpr unsigned long kDotProducts = 1ul << 20;  // HWCAP_ASIMDDP
  return (getauxval(AT_HWCAP) & kDotProducts) != 0;
#else
  return true;  // every Mac of this architecture
#endif
}
#endif
#ifdef MIA_HAS_NEON_I8MM
MIA_DECLARE(neon_i8mm)
bool neon_i8mm::Supported() {
#if defined(__linux__)
  constexpr unsigned long kMatrices = 1ul << 13 | 1ul << 14;  // HWCAP2_I8MM, HWCAP2_BF16
  return neon_dot::Supported() && (getauxval(AT_HWCAP2) & kMatrices) == kMatrices;
#elif defined(__APPLE__)
  const auto has = [](const char* feature) {
    int yes = 0;
    size_t size = sizeof(yes);
    return sysctlbyname(feature, &yes, &size, nullptr, 0) == 0 && yes != 0;
  };
  return has("hw.optional.arm.FEAT_I8MM") && has("hw.optional.arm.FEAT_BF16");
#else
  return false;
#endif
}
#endif
#undef MIA_DECLARE

namespace {

#ifdef MIA_HAS_AMX
const Inherited kAmx(avx512::kTable, amx::kTable);
#endif
#ifdef MIA_HAS_NEON_I8MM
const Inherited kNeonI8mm(neon_dot::kTable, neon_i8mm::kTable);
#endif

}  // namespace

const KernelTable* const kTables[] = {
#ifdef MIA_HAS_AMX
    &kAmx.table,
#endif
#ifdef MIA_HAS_AVX512
    &avx512::kTable,
#endif
#ifdef MIA_HAS_AVX2
    &avx2::kTable,
#endif
#ifdef MIA_HAS_NEON_I8MM
    &kNeonI8mm.table,
#endif
#ifdef MIA_HAS_NEON_DOT
    &neon_dot::kTable,
#endif
#ifdef MIA_HAS_NEON
    &neon::kTable,
#endif
    &scalar::kTable,
};
const int32_t kNumTables = sizeof(kTables) / sizeof(kTables[0]);

const char* const kScalarNames[] = {
#define X(name, type, arity, cost, loop) sizeof(#type) > 1 ? #name "." #type : #name,
#include "kernels/scalars.def"
#undef X
};
const uint8_t kScalarArity[] = {
#define X(name, type, arity, cost, loop) arity,
#include "kernels/scalars.def"
#undef X
};
const int32_t kNumScalars = sizeof(kScalarArity) / sizeof(kScalarArity[0]);

const char* const kDTypeNames[] = {
#define X(name, storage, reg) #name,
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) #name,
#include "kernels/blocks.def"
#undef X
};
const uint8_t kDTypeBytes[] = {
#define X(name, storage, reg) sizeof(storage),
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) bytes,
#include "kernels/blocks.def"
#undef X
};
const uint16_t kDTypeElements[] = {
#define X(name, storage, reg) 1,
#include "kernels/dtypes.def"
#undef X
#define X(name, format, elements, bytes) elements,
#include "kernels/blocks.def"
#undef X
};
const int32_t kNumDTypes = sizeof(kDTypeBytes) / sizeof(kDTypeBytes[0]);

}  // namespace mia
