// Folds [outer, reduced] to [outer]: a workgroup for each result, or with one thread a group for each WIDTH results.
var<workgroup> values: array<{{T}}, {{WIDTH}}>;
#if ARG
var<workgroup> places: array<u32, {{WIDTH}}>;
#endif

@compute @workgroup_size({{WIDTH}})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let number = group.y * groups.x + group.x;
#if ALONE
  let o = number * {{WIDTH}}u + lane;
  let first = 0u;
  let step = 1u;
#else
  let o = number;
  let first = lane;
  let step = {{WIDTH}}u;
#endif
  if (o >= {{outer}}) { return; }
  var best = {{start}};
#if ARG
  var place = 0xffffffffu;
#endif
  for (var r = first; r < {{reduced}}; r += step) {
#if COLUMNS
    let x = {{prologue}}(r * {{outer}} + o);
#else
    let x = {{prologue}}(o * {{reduced}} + r);
#endif
#if ARG
    if (place == 0xffffffffu || better(x, best)) { best = x; place = r; }
#else
    best = fold(best, x);
#endif
  }
#if ALONE
#else
  values[lane] = best;
#if ARG
  places[lane] = place;
#endif
  for (var half = {{WIDTH}}u / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
#if ARG
      let p = places[lane + half];
      let v = values[lane + half];
      if (p != 0xffffffffu) {
        let mine = places[lane];
        let wins = better(v, values[lane]);
        let ties = !wins && !better(values[lane], v) && p < mine;
        if (mine == 0xffffffffu || wins || ties) { values[lane] = v; places[lane] = p; }
      }
#else
      values[lane] = fold(values[lane], values[lane + half]);
#endif
    }
  }
  if (lane != 0u) { return; }
  best = values[0];
#if ARG
  place = places[0];
#endif
#endif
#if ARG
  {{epilogue}}(o, bitcast<i32>(place));
#else
  {{epilogue}}(o, best);
#endif
}
