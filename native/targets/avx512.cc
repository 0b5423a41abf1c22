#define MIA_TARGET avx512
#include "simd/avx512.h"

#include "kernels/registry.inl"
