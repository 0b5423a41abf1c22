#define MIA_TARGET neon_i8mm
#include "simd/neon.h"

#include "kernels/matrix_registry.inl"
