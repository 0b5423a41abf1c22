// An ISA of tests: kernels over matrix tiles, compiled for tiles and vectors in plain C++.
#define MIA_TARGET plain_tiles
#include "plain_tiles.h"
#include "sixteen_lanes.h"

#include "kernels/matrix_registry.inl"

bool mia::plain_tiles::Supported() { return true; }
