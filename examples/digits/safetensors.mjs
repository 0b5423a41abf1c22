const ARRAYS = { F32: Float32Array, U8: Uint8Array };

/**
 * Reads a safetensors file, an ArrayBuffer: the header's length (u64), a JSON header, then the bytes of all tensors.
 * Returns { name: { shape, data } }; `data` are views of the file's bytes, not copies.
 */
export function readSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const TypedArray = ARRAYS[dtype];
    if (!TypedArray) throw new Error(`${name} has dtype ${dtype}; this small reader knows F32 and U8`);
    const [begin, end] = data_offsets;
    const data = new TypedArray(buffer, 8 + length + begin, (end - begin) / TypedArray.BYTES_PER_ELEMENT);
    tensors[name] = { shape, data };
  }
  return tensors;
}
