#define MIA_TARGET neon
#include "simd/neon.h"

#include "kernels/registry.inl"
