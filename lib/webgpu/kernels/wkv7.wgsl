// The recurrence of RWKV-7: a workgroup for a head of a batch entry, a thread for each column of its state S [size, size].
// Row t: S <- diag(w) S + b^T (a S) + k^T v, y = r S; the state lies in the last rows of the result.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let number = group.y * groups.x + group.x;
  if (number >= {{batch}} * {{heads}}) { return; }
  let size = {{size}};
  let head = number % {{heads}};
  let batch = number / {{heads}};
  for (var column = lane; column < size; column += 64u) {
    // The state of this column, kept where the result has it: [heads, size, size] from row `rows` on.
    let kept = ((batch * ({{rows}} + size) + {{rows}}) * {{heads}} + head * size) * size + column;
    for (var j = 0u; j < size; j++) { {{put}}(kept + j * size, {{state}}((number * size + j) * size + column)); }
    for (var t = 0u; t < {{rows}}; t++) {
      let row = ((batch * {{rows}} + t) * {{heads}} + head) * size;
      var removed = 0.0;
      for (var j = 0u; j < size; j++) { removed = fma({{a}}(row + j), {{get}}(kept + j * size), removed); }
      let v = {{v}}(row + column);
      var y = 0.0;
      for (var j = 0u; j < size; j++) {
        let next = fma({{k}}(row + j), v, fma({{b}}(row + j), removed, {{w}}(row + j) * {{get}}(kept + j * size)));
        {{put}}(kept + j * size, next);
        y = fma({{r}}(row + j), next, y);
      }
      {{put}}(((batch * ({{rows}} + size) + t) * {{heads}} + head) * size + column, y);
    }
  }
}
