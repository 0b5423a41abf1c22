// Numbers of blocks: element i of [outer, n, inner] from a table [outer, axis, inner], rows by index where they are given.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i >= {{total}}) { return; }
  let column = i % {{inner}};
  let j = (i / {{inner}}) % {{count}};
  let o = i / {{inner}} / {{count}};
  var row = j;
#if INDEXED
  let index = {{index}}(j);
  let bad = narrowed(index);
  if (outside(index, {{axis}})) { {{fail}} return; }
  row = u32(bad);
#endif
  {{epilogue}}(i, {{table}}((o * {{axis}} + row) * {{inner}} + column));
}
