#define MIA_TARGET scalar
#include "simd/scalar.h"

#include "kernels/registry.inl"
