// Scalar functions. WGSL's own are too loose (sin, exp, min of NaN), or may assume that infinities and NaN do not occur:
// what decides by them looks at bits. Infinity is read start memory, since it may not be written as a constant.
var<private> infinity_bits: u32 = 0x7f800000u;
var<private> nan_bits: u32 = 0x7fc00000u;
fn inf() -> f32 { return bitcast<f32>(infinity_bits); }
fn nan() -> f32 { return bitcast<f32>(nan_bits); }

fn mia_isnan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn mia_isinf(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }
fn mia_neg(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ 0x80000000u); }
fn mia_abs(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0x7fffffffu); }
fn ordered(a: f32, b: f32) -> bool { return !mia_isnan(a) && !mia_isnan(b); }
fn mia_eq(a: f32, b: f32) -> bool { return ordered(a, b) && a == b; }
fn mia_ne(a: f32, b: f32) -> bool { return !mia_eq(a, b); }
fn mia_lt(a: f32, b: f32) -> bool { return ordered(a, b) && a < b; }
fn mia_le(a: f32, b: f32) -> bool { return ordered(a, b) && a <= b; }
fn mia_min(a: f32, b: f32) -> f32 { return select(b, a, mia_isnan(a) || mia_lt(a, b)); }
fn mia_max(a: f32, b: f32) -> f32 { return select(b, a, mia_isnan(a) || mia_lt(b, a)); }
fn mia_sign(x: f32) -> f32 { return select(select(x, -1.0, mia_lt(x, 0.0)), 1.0, mia_lt(0.0, x)); }
fn mia_floor(x: f32) -> f32 { return floor(x); }
fn mia_ceil(x: f32) -> f32 { return ceil(x); }
fn mia_round(x: f32) -> f32 { return round(x); }
fn mia_div(a: f32, b: f32) -> f32 { return a / b; }
fn mia_recip(x: f32) -> f32 { return 1.0 / x; }
fn mia_sqrt(x: f32) -> f32 { return sqrt(x); }
fn mia_rsqrt(x: f32) -> f32 { return 1.0 / sqrt(x); }

// Cody and Waite: x = n ln 2 + r, |r| <= ln 2 / 2; e^r by a polynomial, 2^n by the exponent, in halves for denormals.
fn mia_exp(x: f32) -> f32 {
  if (mia_isnan(x)) { return x; }
  if (x > 88.8) { return inf(); }
  if (x < -104.0) { return 0.0; }
  return exp_sum(x, 0.0);
}
// e^(x + low), low small.
fn exp_sum(x: f32, low: f32) -> f32 {
  let n = round(x * 1.44269504);
  let r = fma(n, -1.42860677e-6, fma(n, -0.693145752, x)) + low;
  var p = fma(r, 0.00138888897, 0.00833333377);
  p = fma(p, r, 0.0416666679);
  p = fma(p, r, 0.166666672);
  p = fma(p, r, 0.5);
  let y = 1.0 + fma(p, r * r, r);
  let half = i32(n) / 2;
  return y * exponent(half) * exponent(i32(n) - half);
}
fn exponent(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }

// x = m 2^k, m in [sqrt(1/2), sqrt(2)); log m = 2 atanh((m - 1) / (m + 1)) as a series.
fn mia_log(x: f32) -> f32 {
  if (mia_isnan(x) || x == inf()) { return x; }
  var bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return mia_neg(inf()); }
  if (bits > 0x7fffffffu) { return nan(); }
  var k = 0;
  if (bits < 0x00800000u) { // a denormal: its bits are a number of 2^-149
    bits = bitcast<u32>(f32(bits));
    k = -149;
  }
  let shifted = bits + (0x3f800000u - 0x3f3504f3u);
  k += i32(shifted >> 23u) - 127;
  let m = bitcast<f32>((shifted & 0x007fffffu) + 0x3f3504f3u);
  let f = m - 1.0;
  let s = f / (2.0 + f);
  let z = s * s;
  let series = z * fma(z, fma(z, fma(z, 0.242790788, 0.284987867), 0.400009722), 0.666666627);
  let half = 0.5 * f * f;
  let e = f32(k);
  return fma(e, 0.693138123, f - (half - fma(e, 9.05800061e-6, s * (half + series))));
}

// 2 / pi, after a word of zeros.
const two_over_pi = array<u32, 9>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u,
  0xfe5163abu, 0xdebbc561u);
fn multiply(a: u32, b: u32) -> vec2<u32> { // low, high
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2<u32>((other << 16u) | (low & 0xffffu), (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u));
}
struct Turn { rest: f32, quadrant: u32 }
// x = (quadrant + 4 i) pi/2 + rest for x >= 0. Large ones by Payne and Hanek: 96 bits of 2/pi, from where x has units of 4.
fn turn(x: f32) -> Turn {
  if (x < 1024.0) {
    let n = round(x * 0.636619747);
    // parts of few bits, so that products are exact
    let rest = ((x - n * 1.5703125) - n * 0.0004837513) - n * 7.54978995e-8;
    return Turn(rest, u32(n));
  }
  let bits = bitcast<u32>(x);
  let m = (bits & 0x007fffffu) | 0x00800000u;
  let start = u32(i32(bits >> 23u) - 152 + 32); // bit of the table
  let word = start / 32u;
  let by = start % 32u;
  var table = two_over_pi;
  var w: array<u32, 3>;
  for (var i = 0u; i < 3u; i++) {
    w[i] = table[word + i] << by;
    if (by > 0u) { w[i] |= table[word + i + 1u] >> (32u - by); }
  }
  let c = multiply(m, w[2]);
  let b = multiply(m, w[1]);
  let middle = b.x + c.y;
  let top = m * w[0] + b.y + select(0u, 1u, middle < b.x);
  var quadrant = top >> 30u;
  var high = (top << 2u) | (middle >> 30u);
  var low = (middle << 2u) | (c.x >> 30u);
  let negative = high >= 0x80000000u;
  if (negative) {
    quadrant++;
    low = ~low + 1u;
    high = ~high + select(0u, 1u, low == 0u);
  }
  let part = fma(f32(low), 5.42101086e-20, f32(high) * 2.32830644e-10) * 1.57079637;
  return Turn(select(part, -part, negative), quadrant);
}
fn sine(r: f32) -> f32 {
  let z = r * r;
  return fma(r * z, fma(z, fma(z, -0.000195152959, 0.00833216087), -0.166666546), r);
}
fn cosine(r: f32) -> f32 {
  let z = r * r;
  return 1.0 + fma(z * z, fma(z, fma(z, 2.44331571e-5, -0.00138873162), 0.0416666456), -0.5 * z);
}
fn mia_sin(x: f32) -> f32 {
  if (mia_isnan(x) || mia_isinf(x)) { return nan(); }
  if (mia_abs(x) < 1e-4) { return x; }
  let t = turn(mia_abs(x));
  let y = select(sine(t.rest), cosine(t.rest), (t.quadrant & 1u) == 1u);
  return select(y, -y, ((t.quadrant & 2u) == 2u) != (x < 0.0));
}
fn mia_cos(x: f32) -> f32 {
  if (mia_isnan(x) || mia_isinf(x)) { return nan(); }
  let t = turn(mia_abs(x));
  let y = select(cosine(t.rest), sine(t.rest), (t.quadrant & 1u) == 1u);
  return select(y, -y, ((t.quadrant + 1u) & 2u) == 2u);
}

fn mia_tanh(x: f32) -> f32 {
  if (mia_isnan(x)) { return x; }
  let a = mia_abs(x);
  if (a < 1e-4) { return x; }
  if (a < 0.625) {
    let z = x * x;
    let p = fma(z, fma(z, fma(z, fma(z, -0.00570498873, 0.0206390888), -0.0537397156), 0.133314422), -0.333332819);
    return fma(p * z, x, x);
  }
  let y = select(1.0 - 2.0 / (mia_exp(2.0 * min(a, 10.0)) + 1.0), 1.0, a > 10.0);
  return select(y, -y, x < 0.0);
}

// Rational near 0 and 1 (the coefficients of Sun's erf); beyond, Abramowitz and Stegun 7.1.26.
fn mia_erf(x: f32) -> f32 {
  if (mia_isnan(x)) { return x; }
  let a = mia_abs(x);
  if (a < 1e-4) { return x * 1.12837917; }
  if (a < 0.84375) {
    let z = x * x;
    let p = fma(z, fma(z, fma(z, fma(z, -2.37630175e-5, -0.00577027025), -0.0284817498), -0.325042099), 0.128379166);
    let q = fma(z, fma(z, fma(z, fma(z, fma(z, -3.96022824e-6, 0.000132494737), 0.00508130621), 0.0650222525), 0.397917211), 1.0);
    return fma(x, p / q, x);
  }
  var y = 1.0;
  if (a < 1.25) {
    let s = a - 1.0;
    let p = fma(s, fma(s, fma(s, fma(s, fma(s, fma(s, -0.00216637552, 0.0354783051), -0.110894695), 0.31834662), -0.37220788), 0.414856106), -0.00236211857);
    let q = fma(s, fma(s, fma(s, fma(s, fma(s, fma(s, 0.0119845001, 0.0136370836), 0.126171216), 0.0718286559), 0.540397942), 0.106420882), 1.0);
    y = 0.845062912 + p / q;
  } else if (a < 4.5) {
    let t = 1.0 / fma(0.3275911, a, 1.0);
    let p = t * fma(t, fma(t, fma(t, fma(t, 1.06140543, -1.45315203), 1.42141374), -0.284496736), 0.254829592);
    y = 1.0 - p * mia_exp(-a * a);
  }
  return select(y, -y, x < 0.0);
}

fn is_whole(x: f32) -> bool { return floor(x) == x; }
fn is_odd(x: f32) -> bool { return mia_abs(x) < 16777216.0 && is_whole(x) && (i32(x) & 1) == 1; }
fn mia_pow(a: f32, b: f32) -> f32 {
  if (a == 1.0 || b == 0.0) { return 1.0; }
  if (mia_isnan(a) || mia_isnan(b)) { return nan(); }
  if (mia_abs(a) == 1.0 && mia_isinf(b)) { return 1.0; }
  if (a < 0.0 && !mia_isinf(a) && !is_whole(b)) { return nan(); }
  let y = power(mia_abs(a), b);
  return select(y, mia_neg(y), (bitcast<u32>(a) >> 31u) == 1u && is_odd(b));
}
// a^b, a >= 0: e^(b log a), log a in two floats.
fn power(a: f32, b: f32) -> f32 {
  if (a == 0.0 || mia_isinf(a)) { return select(0.0, inf(), (a == 0.0) == (b < 0.0)); }
  if (mia_isinf(b)) { return select(0.0, inf(), (a > 1.0) == (b > 0.0)); }
  let l = log_pair(a);
  let high = b * l.x;
  let low = lost(b, l.x, high) + b * l.y;
  if (high > 89.0) { return inf(); }
  if (high < -104.0) { return 0.0; }
  return exp_sum(high, low);
}
// log a as a sum of two floats, the second small: 2 atanh(s), s = (m - 1) / (m + 1) with its rounding error.
fn log_pair(a: f32) -> vec2<f32> {
  var bits = bitcast<u32>(a);
  var k = 0;
  if (bits < 0x00800000u) { bits = bitcast<u32>(f32(bits)); k = -149; }
  let shifted = bits + (0x3f800000u - 0x3f3504f3u);
  k += i32(shifted >> 23u) - 127;
  let m = bitcast<f32>((shifted & 0x007fffffu) + 0x3f3504f3u);
  let f = m - 1.0;
  let d = m + 1.0;
  let rounded = m - (d - 1.0);
  let s = f / d;
  let product = s * d;
  let rest = (((f - product) - lost(s, d, product)) - s * rounded) / d;
  let z = s * s;
  let cubic = s * z * fma(z, fma(z, fma(z, 0.22222222, 0.285714286), 0.4), 0.0);
  let z_low = lost(s, s, z);
  // 2 s + 2/3 s^3 + ...
  let third = z * s;
  let third_low = lost(z, s, third) + z_low * s;
  let t = third * 0.666666687;
  let t_low = lost(third, 0.666666687, t) + third * -1.98682151e-8 + third_low * 0.666666687;
  let e = f32(k);
  let base = e * 0.693145752; // exact: e has 8 bits, the constant 16
  var sum = two_sum(base, 2.0 * s);
  var more = two_sum(sum.x, t);
  let low = sum.y + more.y + 2.0 * rest + t_low + cubic + e * 1.42860677e-6;
  return two_sum(more.x, low);
}
// a b - p exactly, p being a b rounded: by halves of 12 bits, since fma may round twice.
fn lost(a: f32, b: f32, p: f32) -> f32 {
  let ah = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let bh = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let al = a - ah;
  let bl = b - bh;
  return ((ah * bh - p) + ah * bl + al * bh) + al * bl;
}
fn two_sum(a: f32, b: f32) -> vec2<f32> {
  let sum = a + b;
  let other = sum - a;
  return vec2<f32>(sum, (a - (sum - other)) + (b - other));
}

// The remainder of floored division. The truncated one bit by bit of the quotient: exact, as fmod is.
fn mia_mod(a: f32, b: f32) -> f32 {
  if (mia_isnan(a) || mia_isnan(b) || mia_isinf(a) || b == 0.0) { return nan(); }
  var r = mia_abs(a);
  let d = mia_abs(b);
  if (!mia_isinf(b) && r >= d) {
    let steps = i32(bitcast<u32>(r) >> 23u) - i32(bitcast<u32>(d) >> 23u) + 1;
    for (var i = min(steps, 278); i >= 0; i--) {
      let most = 254 - i32(bitcast<u32>(d) >> 23u);
      if (i > most) { continue; }
      let part = d * exponent(i / 2) * exponent(i - i / 2);
      if (r >= part) { r -= part; }
      if (r >= part) { r -= part; }
    }
  }
  if (r == 0.0) { return bitcast<f32>(bitcast<u32>(b) & 0x80000000u); }
  let signed = select(r, -r, a < 0.0);
  return select(signed, signed + b, (a < 0.0) != (b < 0.0));
}

// Integers: by zero gives 0, the lowest by -1 wraps.
fn mia_div_i32(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  if (b == -1) { return -a; }
  return a / b;
}
fn mia_div_u32(a: u32, b: u32) -> u32 { return select(a / max(b, 1u), 0u, b == 0u); }
fn mia_mod_i32(a: i32, b: i32) -> i32 {
  if (b == 0 || b == -1) { return 0; }
  let r = a % b;
  return select(r, r + b, r != 0 && (r < 0) != (b < 0));
}
fn mia_mod_u32(a: u32, b: u32) -> u32 { return select(a % max(b, 1u), 0u, b == 0u); }
fn mia_pow_u32(base: u32, power: u32) -> u32 {
  var a = base;
  var result = 1u;
  for (var b = power; b != 0u; b >>= 1u) {
    if ((b & 1u) == 1u) { result *= a; }
    a *= a;
  }
  return result;
}
fn mia_pow_i32(a: i32, b: i32) -> i32 {
  if (b >= 0) { return bitcast<i32>(mia_pow_u32(bitcast<u32>(a), u32(b))); }
  if (a == -1) { return select(a, 1, (b & 1) == 0); }
  return select(0, 1, a == 1);
}

// Floats to integers truncate and saturate; NaN becomes 0.
fn mia_f32_to_i32(x: f32) -> i32 {
  if (mia_isnan(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  if (x <= -2147483648.0) { return -2147483647 - 1; }
  return i32(x);
}
fn mia_f32_to_u32(x: f32) -> u32 {
  if (mia_isnan(x) || x <= 0.0) { return 0u; }
  if (x >= 4294967296.0) { return 4294967295u; }
  return u32(x);
}
// By halves, so that only the sum is rounded.
fn mia_u32_to_f32(x: u32) -> f32 { return f32(x >> 16u) * 65536.0 + f32(x & 0xffffu); }
fn mia_wrap_i8(x: i32) -> i32 { return (x << 24u) >> 24u; }
fn mia_wrap_i16(x: i32) -> i32 { return (x << 16u) >> 16u; }
fn mia_wrap_u8(x: i32) -> i32 { return x & 0xff; }
fn mia_wrap_u16(x: i32) -> i32 { return x & 0xffff; }
fn mia_round_f16(x: f32) -> f32 { return mia_f16_to_f32(mia_f32_to_f16(x)); }
fn mia_round_bf16(x: f32) -> f32 { return mia_bf16_to_f32(mia_f32_to_bf16(x)); }
