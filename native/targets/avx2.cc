#define MIA_TARGET avx2
#include "simd/avx2.h"

#include "kernels/registry.inl"
