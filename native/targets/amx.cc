#define MIA_TARGET amx
#include "simd/amx.h"

#include "kernels/matrix_registry.inl"
