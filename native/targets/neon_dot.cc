#define MIA_TARGET neon_dot
#include "simd/neon.h"

#include "kernels/registry.inl"
