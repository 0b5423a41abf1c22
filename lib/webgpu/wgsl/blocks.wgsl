// Element `at` of a memory of blocks: GGUF's formats, which native/kernels/blocks.inl writes down. Blocks lie at any byte.
fn byte_{{name}}(at: u32) -> u32 { return ({{read}}(at / 4u) >> ((at % 4u) * 8u)) & 0xffu; }
fn half_{{name}}(at: u32) -> f32 { return mia_f16_to_f32(byte_{{name}}(at) | (byte_{{name}}(at + 1u) << 8u)); }
fn {{name}}(at: u32) -> f32 {
#if q8_0
  let block = (at / 32u) * 34u;
  return half_{{name}}(block) * f32(mia_wrap_i8(bitcast<i32>(byte_{{name}}(block + 2u + at % 32u))));
#endif
#if q4_0
  let block = (at / 32u) * 18u;
  let i = at % 32u;
  let q = (byte_{{name}}(block + 2u + i % 16u) >> ((i / 16u) * 4u)) & 15u;
  return half_{{name}}(block) * (f32(q) - 8.0);
#endif
#if q4_k
  let block = (at / 256u) * 144u;
  let i = at % 256u;
  let run = i / 32u;
  let scales = block + 4u;
  var scale = byte_{{name}}(scales + run) & 63u;
  var least = byte_{{name}}(scales + run + 4u) & 63u;
  if (run >= 4u) {
    let low = byte_{{name}}(scales + run + 4u);
    scale = (low & 15u) | ((byte_{{name}}(scales + run - 4u) >> 6u) << 4u);
    least = (low >> 4u) | ((byte_{{name}}(scales + run) >> 6u) << 4u);
  }
  let q = (byte_{{name}}(block + 16u + (run / 2u) * 32u + i % 32u) >> ((run % 2u) * 4u)) & 15u;
  return half_{{name}}(block) * f32(scale) * f32(q) - half_{{name}}(block + 2u) * f32(least);
#endif
#if q6_k
  let block = (at / 256u) * 210u;
  let i = at % 256u;
  let part = i / 128u;
  let quarter = (i / 32u) % 4u;
  let low = byte_{{name}}(block + part * 64u + (quarter % 2u) * 32u + i % 32u);
  let high = byte_{{name}}(block + 128u + part * 32u + i % 32u);
  let q = ((low >> ((quarter / 2u) * 4u)) & 15u) | (((high >> (2u * quarter)) & 3u) << 4u);
  let scale = mia_wrap_i8(bitcast<i32>(byte_{{name}}(block + 192u + i / 16u)));
  return half_{{name}}(block + 208u) * f32(scale) * (f32(q) - 32.0);
#endif
}
