#define MIA_TARGET amx
#include "simd/amx.h"

#include "kernels/linear_registry.inl"
