// Moves elements by indices. Thread i of n: its place is found by the kernel's own arithmetic, the index is checked.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i >= {{n}}) { return; }
#if SCATTER
  // One thread a column: equal indices keep their order.
  let o = i / {{inner}};
  let column = i % {{inner}};
  for (var j = 0u; j < {{count}}; j++) {
    let index = {{index}}(j);
    let bad = narrowed(index);
    if (outside(index, {{axis}})) { {{fail}} return; }
    let to = (o * {{axis}} + u32(bad)) * {{inner}} + column;
    let source = (o * {{count}} + j) * {{inner}} + column;
    {{put}}
  }
#else
  let j = {{which}};
  let index = {{index}}(j);
  let bad = narrowed(index);
  if (outside(index, {{axis}})) { {{fail}} return; }
  {{store}}(i, {{load}}({{from}}));
#endif
}
