// Halves and their bits, rounded to nearest even: pack2x16float does not promise how it rounds.
fn mia_f16_to_f32(h: u32) -> f32 {
  let sign = (h & 0x8000u) << 16u;
  let rest = h & 0x7fffu;
  if (rest < 0x0400u) { return bitcast<f32>(bitcast<u32>(f32(rest) * 5.96046448e-8) | sign); }
  if (rest >= 0x7c00u) { return bitcast<f32>(sign | 0x7f800000u | ((rest & 0x03ffu) << 13u)); }
  return bitcast<f32>(sign | ((rest << 13u) + 0x38000000u));
}
fn mia_f32_to_f16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let sign = (bits >> 16u) & 0x8000u;
  let rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) { return sign | 0x7e00u | ((rest >> 13u) & 0x03ffu); }
  if (rest >= 0x477ff000u) { return sign | 0x7c00u; }
  if (rest < 0x38800000u) { // denormal: adding 1/2 puts the last bit of a half at that of the float
    return sign | (bitcast<u32>(bitcast<f32>(rest) + 0.5) - 0x3f000000u);
  }
  return sign | ((rest - 0x38000000u + 0x0fffu + ((rest >> 13u) & 1u)) >> 13u);
}
fn mia_bf16_to_f32(h: u32) -> f32 { return bitcast<f32>(h << 16u); }
fn mia_f32_to_bf16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) { return (bits >> 16u) | 0x40u; }
  return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}
fn i8_of(b: u32) -> i32 { return bitcast<i32>(b << 24u) >> 24u; }
fn i16_of(b: u32) -> i32 { return bitcast<i32>(b << 16u) >> 16u; }
