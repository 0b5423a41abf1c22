// The parts of Prepare(); see program.h.
#pragma once

#include "runtime/program.h"
#include "runtime/reader.h"

namespace mia {

// A view whose every element lies inside its memory. Iota (no memory) only where values are loaded.
void ReadView(Reader& reader, Program& program, bool allow_iota, View* view);

// In an output or a temporary.
bool IsWritable(const Program& program, const View& view);

// Fails if the kernel would write what is not its to write: an input, a constant, or elements that it also reads.
void CheckWritten(Reader& reader, const Program& program, const Step& step, int written);

// Merges dims that are one run of memory and drops those of size 1, then classifies the access.
void Normalize(View* view);
Access Classify(const View& view);

enum class Part { kPrologue, kEpilogue };
// A tile program whose registers are defined before use and of the right types, for a kernel of these types.
void ReadTileProgram(Reader& reader, Program& program, const KernelEntry& kernel, Part part, TileProgram* tile);

// Marks the stores that the defining instruction may do itself.
void MarkDirectStores(const Program& program, const TileProgram& tile, Store* stores);

}  // namespace mia
