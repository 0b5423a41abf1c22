// A function of each row of [rows, cols]: a workgroup a row, which goes over it two or three times.
const WIDTH = 256u;
var<workgroup> parts: array<f32, 256>;

// The sum or the largest of every thread's part, to all of them.
fn together_sum(lane: u32, part: f32) -> f32 {
  parts[lane] = part;
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  workgroupBarrier();
  let all = parts[0];
  workgroupBarrier();
  return all;
}
fn together_max(lane: u32, part: f32) -> f32 {
  parts[lane] = part;
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] = mia_max(parts[lane], parts[lane + half]); }
  }
  workgroupBarrier();
  let all = parts[0];
  workgroupBarrier();
  return all;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= {{rows}}) { return; }
  let cols = {{cols}};
  let first = row * cols;
#if SOFT
  var most = {{lowest}};
  for (var c = lane; c < cols; c += WIDTH) { most = mia_max(most, {{prologue}}(first + c)); }
  most = together_max(lane, most);
  var part = 0.0;
  for (var c = lane; c < cols; c += WIDTH) { part += mia_exp({{prologue}}(first + c) - most); }
  let sum = together_sum(lane, part);
#endif
#if CENTRED
  var part = 0.0;
  for (var c = lane; c < cols; c += WIDTH) { part += {{prologue}}(first + c); }
  let mean = together_sum(lane, part) / f32(cols);
  part = 0.0;
  for (var c = lane; c < cols; c += WIDTH) { let d = {{prologue}}(first + c) - mean; part += d * d; }
  let scale = mia_rsqrt(together_sum(lane, part) / f32(cols) + {{eps}});
#endif
#if SQUARES
  var part = 0.0;
  for (var c = lane; c < cols; c += WIDTH) { let x = {{prologue}}(first + c); part += x * x; }
  let squares = together_sum(lane, part);
#endif
  for (var c = lane; c < cols; c += WIDTH) {
    let x = {{prologue}}(first + c);
    {{epilogue}}(first + c, {{result}});
  }
}
