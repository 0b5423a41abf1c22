// Running sums of the rows of [rows, cols]: a workgroup a row, 256 elements at a time.
var<workgroup> sums: array<{{T}}, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= {{rows}}) { return; }
  let cols = {{cols}};
  var before = {{T}}(0);
  for (var at = 0u; at < cols; at += 256u) {
    let c = at + lane;
    var x = {{T}}(0);
    if (c < cols) { x = {{prologue}}(row * cols + c); }
    sums[lane] = x;
    workgroupBarrier();
    for (var reach = 1u; reach < 256u; reach *= 2u) {
      var more = {{T}}(0);
      if (lane >= reach) { more = sums[lane - reach]; }
      workgroupBarrier();
      sums[lane] += more;
      workgroupBarrier();
    }
    let y = before + sums[lane];
    if (c < cols) { {{epilogue}}(row * cols + c, y); }
    before += sums[255];
    workgroupBarrier();
  }
}
