// softmax(cap(q k^T scale) + mask) v for one row of queries of one head: a workgroup, 64 keys at a time, with the largest
// score and the sum so far (Milakov and Gimelshein 2018).
var<workgroup> weights: array<f32, 64>;
var<workgroup> folds: array<f32, 64>;

fn fold_max(lane: u32, x: f32) -> f32 {
  folds[lane] = x;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { folds[lane] = mia_max(folds[lane], folds[lane + half]); }
  }
  workgroupBarrier();
  let all = folds[0];
  workgroupBarrier();
  return all;
}
fn fold_sum(lane: u32, x: f32) -> f32 {
  folds[lane] = x;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { folds[lane] += folds[lane + half]; }
  }
  workgroupBarrier();
  let all = folds[0];
  workgroupBarrier();
  return all;
}

// The row of k and v where a key lies.
fn key_at(batch: u32, kv: u32, key: u32) -> u32 {
#if TABLE
  let block = u32({{table}}(batch * ({{keys}} / {{span}}) + key / {{span}}));
  return (block * {{kv_heads}} + kv % {{kv_heads}}) * {{span}} + key % {{span}};
#else
  return kv * {{keys}} + key;
#endif
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let number = group.y * groups.x + group.x;
  if (number >= {{batch}} * {{heads}} * {{rows}}) { return; }
  let t = number % {{rows}};
  let head = (number / {{rows}}) % {{heads}};
  let batch = number / {{rows}} / {{heads}};
  let kv = batch * {{kv_heads}} + head / ({{heads}} / {{kv_heads}});
  var begin = 0;
  var end = i32({{keys}});
  var here = i32(t) + i32({{keys}}) - i32({{rows}}); // the key that the query stands at
#if LENGTHS
  let bad = {{lengths}}(batch);
  if (bad < 0 || bad > i32({{keys}})) { if (lane == 0u) { {{fail}} } return; }
  end = bad;
  here = i32(t) + bad - i32({{rows}});
#endif
#if OFFSETS
  here = i32(t);
  end = 0;
  var before = 0;
  for (var s = 0u; s < {{sequences}}; s++) {
    let bad = {{offsets}}(s);
    if (bad < before || bad > i32({{rows}})) { if (lane == 0u) { {{fail}} } return; }
    if (s > 0u && before <= here && here < bad) { begin = before; end = bad; }
    before = bad;
  }
#endif
#if CAUSAL
  end = min(end, here + 1);
#endif
#if WINDOW
  begin = max(begin, here - i32({{window}}) + 1);
#if CAUSAL
#else
  end = min(end, here + i32({{window}}));
#endif
#endif
#if TABLE
  for (var i = begin / i32({{span}}) * i32({{span}}); i < end; i += i32({{span}})) {
    let bad = {{table}}(batch * ({{keys}} / {{span}}) + u32(i) / {{span}});
    if (bad < 0 || bad >= i32({{blocks}})) { if (lane == 0u) { {{fail}} } return; }
  }
#endif
  var most = {{lowest}};
  var sum = 0.0;
  var y: array<f32, {{PARTS}}>;
  for (var first = begin; first < end; first += 64) {
    let key = first + i32(lane);
    var score = {{lowest}};
    if (key < end) {
      var dot = 0.0;
      for (var d = 0u; d < {{features}}; d++) {
        dot = fma({{q}}(number * {{features}} + d), {{k}}(key_at(batch, kv, u32(key)) * {{features}} + d), dot);
      }
      score = dot * {{scale}};
#if CAPPED
      score = {{cap}} * mia_tanh(score / {{cap}});
#endif
#if MASK_BOOL
      if ({{mask}}(number * {{keys}} + u32(key)) == 0) { score = {{lowest}}; }
#endif
#if MASK_ADDED
      score += {{mask}}(number * {{keys}} + u32(key));
#endif
    }
    let larger = mia_max(most, fold_max(lane, score));
    let none = larger == {{lowest}};
    let weight = select(mia_exp(score - larger), 0.0, none || score == {{lowest}});
    let keep = select(mia_exp(most - larger), 0.0, none || most == {{lowest}});
    weights[lane] = weight;
    sum = fma(sum, keep, fold_sum(lane, weight));
    most = larger;
    let count = u32(min(64, end - first));
    for (var p = 0u; p < {{PARTS}}u; p++) {
      let d = p * 64u + lane;
      if (d >= {{values}}) { break; }
      var part = y[p] * keep;
      for (var j = 0u; j < count; j++) {
        let w = weights[j];
        if (w != 0.0) { part = fma(w, {{v}}(key_at(batch, kv, u32(first) + j) * {{values}} + d), part); }
      }
      y[p] = part;
    }
    workgroupBarrier();
  }
  for (var p = 0u; p < {{PARTS}}u; p++) {
    let d = p * 64u + lane;
    if (d < {{values}}) { {{out}}(number * {{values}} + d, select(y[p] / sum, 0.0, most == {{lowest}})); }
  }
}
