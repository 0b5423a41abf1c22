// Operand {{NAME}} of a matmul, 4 x 4 elements at once. Rows of memory are `major`; what lies outside repeats the edge and is never stored.
{{LOAD}}
fn {{NAME}}_row(base: u32, major: u32, majors: u32, minor: u32, minors: u32) -> vec4<f32> {
  let row = base + min(major, majors - 1u) * sizes[{{SLOT}}].y;
#if ALIGNED
  return {{NAME}}_at4(row + min(minor, minors - 4u));
#else
  return vec4<f32>({{NAME}}_at1(row + min(minor, minors - 1u)), {{NAME}}_at1(row + min(minor + 1u, minors - 1u)),
    {{NAME}}_at1(row + min(minor + 2u, minors - 1u)), {{NAME}}_at1(row + min(minor + 3u, minors - 1u)));
#endif
}

// Column i: the elements `outer`..`outer` + 3 at `k` + i; zero from K on.
fn {{NAME}}_block(base: u32, outer: u32, outers: u32, k: u32) -> mat4x4<f32> {
  let depth = sizes[0].z;
#if K_CONTIGUOUS
  var block = transpose(mat4x4<f32>({{NAME}}_row(base, outer, outers, k, depth), {{NAME}}_row(base, outer + 1u, outers, k, depth),
    {{NAME}}_row(base, outer + 2u, outers, k, depth), {{NAME}}_row(base, outer + 3u, outers, k, depth)));
#else
  var block = mat4x4<f32>({{NAME}}_row(base, k, depth, outer, outers), {{NAME}}_row(base, k + 1u, depth, outer, outers),
    {{NAME}}_row(base, k + 2u, depth, outer, outers), {{NAME}}_row(base, k + 3u, depth, outer, outers));
#endif
  if (k + 4u > depth) {
#for I 4
    if (k + {{I}}u >= depth) { block[{{I}}] = vec4<f32>(); }
#endfor
  }
  return block;
}
