// Places of the first k of n values, in order: a workgroup a row. Values come after those that are better, equal ones after
// those with a smaller index: each round finds the first that comes after the last one found.
var<workgroup> best: array<{{T}}, 256>;
var<workgroup> place: array<u32, 256>;
const NONE = 0xffffffffu;

// Whether (a, i) comes before (b, j).
fn ahead(a: {{T}}, i: u32, b: {{T}}, j: u32) -> bool {
  if (better(a, b)) { return true; }
  return !better(b, a) && i < j;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= {{rows}}) { return; }
  var last = {{T}}(0);
  var at = NONE;
  for (var round = 0u; round < {{k}}; round++) {
    var mine = {{T}}(0);
    var spot = NONE;
    for (var i = lane; i < {{n}}; i += 256u) {
      let x = {{prologue}}(row * {{n}} + i);
      if (round > 0u && !ahead(last, at, x, i)) { continue; }
      if (spot == NONE || ahead(x, i, mine, spot)) { mine = x; spot = i; }
    }
    best[lane] = mine;
    place[lane] = spot;
    for (var half = 128u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half && place[lane + half] != NONE) {
        if (place[lane] == NONE || ahead(best[lane + half], place[lane + half], best[lane], place[lane])) {
          best[lane] = best[lane + half];
          place[lane] = place[lane + half];
        }
      }
    }
    workgroupBarrier();
    last = best[0];
    at = place[0];
    workgroupBarrier();
    if (lane == 0u) { {{out}}(row * {{k}} + round, bitcast<i32>(at)); }
  }
}
