// Scalar functions of f32, i32 and u32. WGSL lets built-ins be off by much (sin by 2^-11, a quotient by 2.5 ulp), and
// lets compilers assume that NaN and infinity do not occur: what depends on those is decided by bits here. Nothing
// needs fma to round once, and no result relies on denormals: a GPU may take them for zeros, in and out. Division,
// square root and remainder are computed with integers, exactly. Errors are in tests/unit/webgpu/math.test.ts.

// Neither may be written as a constant.
var<private> mia_infinity_bits: u32 = 0x7f800000u;
var<private> mia_nan_bits: u32 = 0x7fc00000u;
fn mia_inf() -> f32 { return bitcast<f32>(mia_infinity_bits); }
fn mia_nan() -> f32 { return bitcast<f32>(mia_nan_bits); }

fn mia_size(x: f32) -> u32 { return bitcast<u32>(x) & 0x7fffffffu; }
fn mia_sign_bit(x: f32) -> u32 { return bitcast<u32>(x) & 0x80000000u; }
fn mia_isnan(x: f32) -> bool { return mia_size(x) > 0x7f800000u; }
fn mia_isinf(x: f32) -> bool { return mia_size(x) == 0x7f800000u; }
fn mia_abs(x: f32) -> f32 { return bitcast<f32>(mia_size(x)); }
fn mia_neg(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ 0x80000000u); }
// y >= 0 with a sign bit.
fn mia_signed(y: f32, sign: u32) -> f32 { return bitcast<f32>(bitcast<u32>(y) | sign); }

// A comparison with NaN is false; where a compiler could decide x == x or x <= x without looking, bits are asked too.
fn mia_ordered(a: f32, b: f32) -> bool { return max(mia_size(a), mia_size(b)) <= 0x7f800000u; }
fn mia_eq(a: f32, b: f32) -> bool { return mia_ordered(a, b) && a == b; }
fn mia_ne(a: f32, b: f32) -> bool { return !mia_eq(a, b); }
fn mia_lt(a: f32, b: f32) -> bool { return a < b; }
fn mia_le(a: f32, b: f32) -> bool { return mia_ordered(a, b) && a <= b; }
fn mia_min(a: f32, b: f32) -> f32 { return select(b, a, mia_isnan(a) || a < b); }
fn mia_max(a: f32, b: f32) -> f32 { return select(b, a, mia_isnan(a) || a > b); }
// Zeros and NaN are their own sign.
fn mia_sign(x: f32) -> f32 {
  return select(mia_signed(1.0, mia_sign_bit(x)), x, mia_size(x) == 0u || mia_isnan(x));
}
fn mia_floor(x: f32) -> f32 { return floor(x); }
fn mia_ceil(x: f32) -> f32 { return ceil(x); }
fn mia_round(x: f32) -> f32 { return round(x); } // ties to even

// Significand and exponent of finite x != 0: |x| = m 2^(e - 150), 2^23 <= m < 2^24.
struct MiaParts { m: u32, e: i32 }
fn mia_parts(x: f32) -> MiaParts {
  let size = mia_size(x);
  if (size >= 0x800000u) { return MiaParts((size & 0x7fffffu) | 0x800000u, i32(size >> 23u)); }
  let by = countLeadingZeros(size) - 8u;
  return MiaParts(size << by, 1 - i32(by));
}
// As a float of [1, 2).
fn mia_unit(m: u32) -> f32 { return bitcast<f32>((m & 0x7fffffu) | 0x3f800000u); }

fn mia_div(a: f32, b: f32) -> f32 {
  let sign = mia_sign_bit(a) ^ mia_sign_bit(b);
  let top = mia_size(a);
  let bottom = mia_size(b);
  if (top == 0u || bottom == 0u || max(top, bottom) >= 0x7f800000u) {
    if (!mia_ordered(a, b) || top == bottom) { return mia_nan(); } // 0 / 0, infinity / infinity
    return mia_signed(select(0.0, mia_inf(), top > bottom), sign);
  }
  let n = mia_parts(a);
  let d = mia_parts(b);
  let less = u32(n.m < d.m);
  // q = floor(n.m 2^(23 + less) / d.m), of 24 bits. The first guess is off by a few units, so that what is left fits 32
  // bits, which wrap.
  let guess = mia_unit(n.m) / mia_unit(d.m) * f32(1u << less);
  var q = u32(clamp(guess, 1.0, 0x1.fffffep0) * 0x1p23);
  var rest = i32((n.m << (23u + less)) - q * d.m);
  for (; rest < 0; rest += i32(d.m)) { q--; }
  for (; rest >= i32(d.m); rest -= i32(d.m)) { q++; }
  // Two more bits: half a unit, and whether anything lies beyond.
  let half = u32(2 * rest >= i32(d.m));
  let beyond = u32(rest != 0 && 2 * rest != i32(d.m));
  let e = n.e - d.e + 127 - i32(less);
  if (e > 254) { return mia_signed(mia_inf(), sign); }
  let rounded = mia_shift_even((q << 2u) | (half << 1u) | beyond, u32(2 + max(0, 1 - e)));
  return bitcast<f32>(sign | (((u32(max(e, 1)) - 1u) << 23u) + rounded));
}
fn mia_recip(x: f32) -> f32 { return mia_div(1.0, x); }

fn mia_sqrt(x: f32) -> f32 {
  if (mia_size(x) == 0u || mia_isnan(x)) { return x; }
  if (mia_sign_bit(x) != 0u) { return mia_nan(); }
  if (mia_isinf(x)) { return x; }
  let p = mia_parts(x);
  let odd = u32(p.e + 1) & 1u; // |x| = m 2^odd 2^(p.e - odd - 150), an even power
  let m = p.m << odd;
  // q = floor(sqrt(m 2^23)), of 24 bits, as in mia_div.
  var q = u32(clamp(sqrt(mia_unit(p.m) * f32(1u << odd)), 1.0, 0x1.fffffep0) * 0x1p23);
  var rest = i32((m << 23u) - q * q);
  for (; rest < 0; rest += i32(2u * q + 1u)) { q--; }
  for (; rest > i32(2u * q); rest -= i32(2u * q - 1u)) { q++; }
  q += u32(rest > i32(q));
  return bitcast<f32>((u32((p.e - i32(odd) + 127) / 2 - 1) << 23u) + q);
}
// The built-in's y is close to 1 / sqrt(x): what is left of 1 - x y^2 improves it.
fn mia_rsqrt(x: f32) -> f32 {
  if (mia_size(x) == 0u) { return mia_signed(mia_inf(), mia_sign_bit(x)); }
  if (mia_isnan(x) || mia_sign_bit(x) != 0u) { return mia_nan(); }
  if (mia_isinf(x)) { return 0.0; }
  let p = mia_parts(x);
  let odd = u32(p.e + 1) & 1u;
  let m = mia_unit(p.m) * f32(1u << odd);
  let y = inverseSqrt(m);
  let my = mia_product(m, y);
  let one = mia_product(my.x, y);
  let left = ((1.0 - one.x) - one.y) - my.y * y;
  let result = fma(0.5 * y, left, y);
  return bitcast<f32>(bitcast<u32>(result) - (u32((p.e - i32(odd) - 127) / 2) << 23u));
}

// a + b and a b as sums of two floats, the second what the first loses; halves of 12 bits have exact products. Give
// them no constants: drivers make x of (x + c) - c.
fn mia_sum(a: f32, b: f32) -> vec2f {
  let sum = a + b;
  let other = sum - a;
  return vec2f(sum, (a - (sum - other)) + (b - other));
}
fn mia_product(a: f32, b: f32) -> vec2f {
  let p = a * b;
  let a_high = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let b_high = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let a_low = a - a_high;
  let b_low = b - b_high;
  return vec2f(p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low);
}

// ln 2 in two parts; products of the first with whole numbers below 2^15 are exact.
const mia_ln2_high = 0.693359375;
const mia_ln2_low = -2.12194440e-4;

// e^(x + low), low being small. x = n ln 2 + r, |r| <= ln 2 / 2 (Cody and Waite); e^r = 1 + r + r^2 P(r), times 2^n
// in two steps: n may be below every exponent.
fn mia_exp_sum(x: f32, low: f32) -> f32 {
  let most = clamp(x, -105.0, 89.0);
  let n = round(most * 1.44269504);
  let r = fma(n, -mia_ln2_low, fma(n, -mia_ln2_high, most)) + low;
  var p = fma(r, 0.00138144963, 0.00836877991);
  p = fma(p, r, 0.0416683927);
  p = fma(p, r, 0.166665196);
  p = fma(p, r, 0.49999994);
  let y = 1.0 + fma(r * r, p, r);
  let half = i32(n) >> 1u;
  return y * mia_power_of_two(half) * mia_power_of_two(i32(n) - half);
}
fn mia_power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }
fn mia_exp(x: f32) -> f32 {
  if (mia_isnan(x)) { return x; }
  return mia_exp_sum(x, 0.0);
}

// x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)).
struct MiaLogParts { f: f32, k: f32 }
fn mia_log_parts(x: f32) -> MiaLogParts {
  let p = mia_parts(x);
  let wraps = u32(p.m >= 0xb504f3u);
  return MiaLogParts(bitcast<f32>((p.m & 0x7fffffu) | select(0x3f800000u, 0x3f000000u, wraps == 1u)) - 1.0,
    f32(p.e - 127 + i32(wraps)));
}
// log(1 + f) = f - f^2/2 + f^3 P(f).
fn mia_log(x: f32) -> f32 {
  if (mia_size(x) == 0u) { return mia_neg(mia_inf()); }
  if (mia_isnan(x) || mia_sign_bit(x) != 0u) { return mia_nan(); }
  if (mia_isinf(x)) { return x; }
  let l = mia_log_parts(x);
  let f = l.f;
  var p = fma(f, -0.076343298, 0.127614141);
  p = fma(p, f, -0.131601691);
  p = fma(p, f, 0.142017812);
  p = fma(p, f, -0.166233614);
  p = fma(p, f, 0.200012267);
  p = fma(p, f, -0.250008196);
  p = fma(p, f, 0.333333313);
  let square = mia_product(f, f);
  let head = mia_sum(f, -0.5 * square.x);
  let tail = fma(f * square.x, p, fma(l.k, mia_ln2_low, head.y - 0.5 * square.y));
  return l.k * mia_ln2_high + (head.x + tail);
}

// A reduced angle: |x| = (quadrant + 4 i) pi/2 + rest + low, |rest| <= pi/4, low being small.
struct MiaTurn { rest: f32, low: f32, quadrant: u32 }
fn mia_turn(x: f32) -> MiaTurn {
  if (mia_size(x) < 0x44800000u) { return mia_turn_small(mia_abs(x)); } // 1024
  return mia_turn_large(mia_size(x));
}
// pi/2 in parts of 14 bits, whose products with n are exact (Cody and Waite).
fn mia_turn_small(x: f32) -> MiaTurn {
  let n = round(x * 0.636619772);
  let two = mia_sum(x - n * 1.5706787109375, -n * 0.00011761486530303955);
  let three = mia_sum(two.x, -n * 9.918039722833782e-10);
  return MiaTurn(three.x, three.y + (two.y - n * 2.896073971621982e-13), u32(n));
}
// 2/pi after a word of zeros: the 96 bits that matter begin where x times a bit is below 4 (Payne and Hanek).
const mia_two_over_pi = array<u32, 8>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u,
  0x3c439041u, 0xfe5163abu);
fn mia_turn_large(size: u32) -> MiaTurn {
  let m = (size & 0x7fffffu) | 0x800000u;
  let first = (size >> 23u) - 120u; // of the bits of the table
  var bits = mia_two_over_pi;
  let word = first / 32u;
  let by = first % 32u;
  let w = vec3u(bits[word], bits[word + 1u], bits[word + 2u]) << vec3u(by);
  let next = vec3u(bits[word + 1u], bits[word + 2u], bits[word + 3u]) >> vec3u(31u - by);
  let window = w | (next >> vec3u(1u)); // in two steps: `by` may be 0
  // m times the window, but for its highest bits, which count whole turns: 2 bits of quadrants and 62 of a fraction.
  let low = mia_multiply(m, window.z).y;
  let middle = mia_multiply(m, window.y);
  let bottom = middle.x + low;
  let top = m * window.x + middle.y + u32(bottom < low);
  let fraction = vec2u(bottom << 2u, (top << 2u) | (bottom >> 30u));
  // From the nearest quadrant: above 1/2, back from the next one. In 24 bits and 32.
  let back = fraction.y >> 31u;
  let away = fraction ^ vec2u(0u - back);
  let head = f32(away.y >> 8u) * 0x1p-24;
  let tail = f32((away.y << 24u) | (away.x >> 8u)) * 0x1p-56;
  let angle = mia_product(head, 1.57079637);
  let angle_low = fma(tail, 1.57079637, fma(head, -4.37113883e-8, angle.y));
  return MiaTurn(mia_signed(angle.x, back << 31u), select(angle_low, -angle_low, back == 1u), (top >> 30u) + back);
}
// a b as low and high words.
fn mia_multiply(a: u32, b: u32) -> vec2u {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2u(a * b, (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u));
}
// The sine of a turn. Of the rest it is r + r^3 P(r^2), the cosine 1 - r^2/2 + r^4 P(r^2).
fn mia_sine(t: MiaTurn) -> f32 {
  let r = t.rest;
  let z = r * r;
  let sine = r + fma(r * z, fma(z, fma(z, -0.00019514958, 0.0083321584), -0.16666655), t.low);
  let cosine = 1.0 + fma(z * z, fma(z, fma(z, 2.4432786e-5, -0.0013887313), 0.041666646), -fma(r, t.low, 0.5 * z));
  let y = select(sine, cosine, (t.quadrant & 1u) == 1u);
  return bitcast<f32>(bitcast<u32>(y) ^ ((t.quadrant & 2u) << 30u));
}
fn mia_sin(x: f32) -> f32 {
  if (mia_size(x) < 0x39800000u) { return x; } // 2^-12
  if (mia_size(x) >= 0x7f800000u) { return mia_nan(); }
  return bitcast<f32>(bitcast<u32>(mia_sine(mia_turn(x))) ^ mia_sign_bit(x));
}
fn mia_cos(x: f32) -> f32 {
  if (mia_size(x) >= 0x7f800000u) { return mia_nan(); }
  let t = mia_turn(x);
  return mia_sine(MiaTurn(t.rest, t.low, t.quadrant + 1u));
}

// Below 0.625: x + x^3 P(x^2); above: 1 - 2 / (e^2|x| + 1), which is 1 from 10 on.
fn mia_tanh(x: f32) -> f32 {
  if (mia_isnan(x)) { return x; }
  let size = min(mia_abs(x), 10.0);
  if (size >= 0.625) { return mia_signed(1.0 - 2.0 / (mia_exp(2.0 * size) + 1.0), mia_sign_bit(x)); }
  let z = x * x;
  var p = fma(z, -0.00570498779, 0.0206390861);
  p = fma(p, z, -0.0537397154);
  p = fma(p, z, 0.133314416);
  p = fma(p, z, -0.333332807);
  return select(fma(x * z, p, x), x, size < 0x1p-12);
}

// Below 1: x P(x^2); above: 1 - e^Q(|x|), Q being the logarithm of what is missing to 1; erf(4) rounds to 1.
fn mia_erf(x: f32) -> f32 {
  if (mia_isnan(x)) { return x; }
  let size = min(mia_abs(x), 4.0);
  if (size >= 1.0) {
    var q = fma(size, 0.000187600293, -0.00296006934);
    q = fma(q, size, 0.0218894612);
    q = fma(q, size, -0.103217818);
    q = fma(q, size, -0.638012648);
    q = fma(q, size, -1.1271714);
    q = fma(q, size, -0.000320641673);
    return mia_signed(1.0 - mia_exp(q), mia_sign_bit(x));
  }
  let z = x * x;
  var p = fma(z, 7.85386583e-05, -0.000801019429);
  p = fma(p, z, 0.00518832775);
  p = fma(p, z, -0.026853811);
  p = fma(p, z, 0.112835854);
  p = fma(p, z, -0.37612626);
  p = fma(p, z, 1.12837911);
  return x * p;
}

// As in C: 1 to any power and anything to the power 0 are 1, and so is -1 to an infinite one.
fn mia_pow(a: f32, b: f32) -> f32 {
  let size = mia_abs(a);
  if (a == 1.0 || b == 0.0 || (size == 1.0 && mia_isinf(b))) { return 1.0; }
  if (!mia_ordered(a, b)) { return mia_nan(); }
  let whole = floor(b) == b;
  if (mia_sign_bit(a) != 0u && mia_size(a) - 1u < 0x7f7fffffu && !whole) { return mia_nan(); }
  let odd = whole && mia_abs(b) < 0x1p24 && (i32(b) & 1) == 1;
  return mia_signed(mia_power(size, b), select(0u, mia_sign_bit(a), odd));
}
// e^(b log a) for a >= 0, which must be far better than a float says: log a is a sum of two.
fn mia_power(a: f32, b: f32) -> f32 {
  let falls = (a < 1.0) != (b < 0.0); // towards 0 as |b| grows
  if (mia_size(a) == 0u || mia_isinf(a) || mia_isinf(b)) { return select(mia_inf(), 0.0, falls); }
  let l = mia_log_sum(a);
  if (mia_abs(b * l.x) > 110.0) { return select(mia_inf(), 0.0, falls); }
  let y = mia_product(l.x, b);
  return mia_exp_sum(y.x, fma(l.y, b, y.y));
}
// log(1 + f) = 2 atanh(s), s = f / (2 + f): 2 s + 2/3 s^3 in two floats each, then s^5 P(s^2).
fn mia_log_sum(x: f32) -> vec2f {
  let l = mia_log_parts(x);
  let f = l.f;
  let s = f / (2.0 + f);
  let back = mia_product(s, f);
  let s_low = (((f - 2.0 * s) - back.x) - back.y) / (2.0 + f);
  let square = mia_product(s, s);
  let cube = mia_product(square.x, s);
  let third = mia_product(cube.x, 0.666666687);
  let cube_low = fma(square.y, s, cube.y) + 3.0 * square.x * s_low;
  let third_low = fma(cube.x, -1.98682156e-8, third.y) + 0.666666687 * cube_low;
  let fifth = cube.x * square.x * fma(square.x, fma(square.x, 0.23051068, 0.28562155), 0.40000015);
  let first = mia_sum(l.k * mia_ln2_high, 2.0 * s);
  let both = mia_sum(first.x, third.x);
  return mia_sum(both.x, (first.y + both.y + fma(2.0, s_low, third_low)) + fma(l.k, mia_ln2_low, fifth));
}

// The remainder of floored division, with the divisor's sign. Truncated it is exact: 8 bits of the quotient at a time.
fn mia_mod(a: f32, b: f32) -> f32 {
  if (!mia_ordered(a, b) || mia_isinf(a) || mia_size(b) == 0u) { return mia_nan(); }
  let rest = mia_signed(mia_remainder(mia_abs(a), mia_abs(b)), mia_sign_bit(a));
  if (mia_size(rest) == 0u) { return bitcast<f32>(mia_sign_bit(b)); }
  return select(rest, rest + b, mia_sign_bit(a) != mia_sign_bit(b));
}
fn mia_remainder(a: f32, b: f32) -> f32 {
  if (mia_size(a) < mia_size(b)) { return a; }
  let n = mia_parts(a);
  let d = mia_parts(b);
  var m = n.m % d.m;
  for (var left = n.e - d.e; left > 0; left -= 8) { m = (m << u32(min(left, 8))) % d.m; }
  if (m == 0u) { return 0.0; }
  // m 2^(d.e - 150), as a denormal where its exponent would be below 1; to the right only zeros fall off.
  let by = min(i32(countLeadingZeros(m)) - 8, d.e - 1);
  let shifted = select(m << u32(by), m >> u32(-by), by < 0);
  return bitcast<f32>((u32(d.e - by - 1) << 23u) + shifted);
}

// Integers: by zero gives 0, the lowest by -1 wraps. Asked here, so that Dawn need not guard operators too.
fn mia_div_i32(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  if (b == -1) { return 0 - a; }
  return a / b;
}
fn mia_div_u32(a: u32, b: u32) -> u32 {
  if (b == 0u) { return 0u; }
  return a / b;
}
// The remainder of floored division; of a % b drivers need not know when operands are negative.
fn mia_mod_i32(a: i32, b: i32) -> i32 {
  if (b == 0 || b == -1) { return 0; }
  let rest = a - a / b * b;
  return select(rest, rest + b, rest != 0 && (rest < 0) != (b < 0));
}
fn mia_mod_u32(a: u32, b: u32) -> u32 {
  if (b == 0u) { return 0u; }
  return a % b;
}
// By repeated squaring; a negative exponent gives 0 unless the base is 1 or -1.
fn mia_pow_u32(base: u32, exponent: u32) -> u32 {
  var a = base;
  var result = 1u;
  for (var b = exponent; b != 0u; b >>= 1u) {
    if ((b & 1u) == 1u) { result *= a; }
    a *= a;
  }
  return result;
}
fn mia_pow_i32(a: i32, b: i32) -> i32 {
  if (b >= 0) { return bitcast<i32>(mia_pow_u32(bitcast<u32>(a), u32(b))); }
  if (a == -1) { return select(a, 1, (b & 1) == 0); }
  return i32(a == 1);
}
