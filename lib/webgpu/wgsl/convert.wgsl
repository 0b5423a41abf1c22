// Elements narrower than a word: bits of halves to f32 and back, wraps of integers, casts, and parts of words. Numbers
// become halves by bits: built-ins promise neither how they round nor that NaN and denormals survive.

// m / 2^by, ties to even, for m < 2^31. Above 31 places nothing is left.
fn mia_shift_even(m: u32, by: u32) -> u32 {
  if (by == 0u) { return m; }
  if (by > 31u) { return 0u; }
  let below_half = (1u << (by - 1u)) - 1u;
  return (m + below_half + ((m >> by) & 1u)) >> by;
}

// The f32 of 16 bits in the low half of `h`.
fn mia_f16_to_f32(h: u32) -> f32 {
  let sign = (h & 0x8000u) << 16u;
  let size = h & 0x7fffu;
  if (size < 0x0400u) { return bitcast<f32>(sign | bitcast<u32>(f32(size) * 0x1p-24)); }
  if (size >= 0x7c00u) { return bitcast<f32>(sign | 0x7f800000u | (size << 13u)); }
  return bitcast<f32>(sign | ((size << 13u) + 0x38000000u)); // exponents are biased by 127 and by 15
}
fn mia_f32_to_f16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let sign = (bits >> 16u) & 0x8000u;
  let size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) { return sign | 0x7e00u | ((size >> 13u) & 0x3ffu); }
  if (size >= 0x477ff000u) { return sign | 0x7c00u; } // 65520 is half-way to 2^16
  if (size >= 0x38800000u) { return sign | mia_shift_even(size - 0x38000000u, 13u); }
  // A denormal half counts units of 2^-24, the significand of x units of 2^(exponent - 150).
  return sign | mia_shift_even((size & 0x7fffffu) | 0x800000u, 126u - (size >> 23u));
}
fn mia_bf16_to_f32(h: u32) -> f32 { return bitcast<f32>(h << 16u); }
fn mia_f32_to_bf16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  let sign = (bits >> 16u) & 0x8000u;
  return sign | select(mia_shift_even(size, 16u), (size >> 16u) | 0x40u, size > 0x7f800000u);
}
fn mia_round_f16(x: f32) -> f32 { return mia_f16_to_f32(mia_f32_to_f16(x)); }
fn mia_round_bf16(x: f32) -> f32 { return mia_bf16_to_f32(mia_f32_to_bf16(x)); }

// Element `at` of an array of bytes or halves, of which `word` is the word that holds it.
fn mia_byte(word: u32, at: u32) -> u32 { return extractBits(word, (at & 3u) * 8u, 8u); }
fn mia_half(word: u32, at: u32) -> u32 { return extractBits(word, (at & 1u) * 16u, 16u); }
fn mia_signed_byte(word: u32, at: u32) -> i32 { return extractBits(bitcast<i32>(word), (at & 3u) * 8u, 8u); }
fn mia_signed_half(word: u32, at: u32) -> i32 { return extractBits(bitcast<i32>(word), (at & 1u) * 16u, 16u); }

// Narrow integers compute as i32 and wrap.
fn mia_wrap_i8(x: i32) -> i32 { return extractBits(x, 0u, 8u); }
fn mia_wrap_i16(x: i32) -> i32 { return extractBits(x, 0u, 16u); }
fn mia_wrap_u8(x: i32) -> i32 { return x & 0xff; }
fn mia_wrap_u16(x: i32) -> i32 { return x & 0xffff; }

// Floats truncate and saturate; NaN becomes 0. The other way, f32() of an i32 rounds to nearest.
fn mia_f32_to_i32(x: f32) -> i32 {
  if (mia_isnan(x)) { return 0; }
  if (x >= 0x1p31) { return 0x7fffffff; }
  if (x <= -0x1p31) { return bitcast<i32>(0x80000000u); }
  return i32(x);
}
fn mia_f32_to_u32(x: f32) -> u32 {
  if (mia_isnan(x) || x <= 0.0) { return 0u; }
  if (x >= 0x1p32) { return 0xffffffffu; }
  return u32(x);
}
// By halves, so that only their sum is rounded: drivers are wrong by a unit above 2^31.
fn mia_u32_to_f32(x: u32) -> f32 { return fma(f32(x >> 16u), 65536.0, f32(x & 0xffffu)); }
