// C[M, N] = A[M, K] B[K, N] on matrix units: f16 fragments of 16 x 16, f32 accumulators. A workgroup of SUBGROUPS_M x SUBGROUPS_N subgroups
// makes a TILE_M x TILE_N tile; rows of memory start at multiples of eight elements. sizes as in matmul.wgsl.
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);
diagnostic(off, subgroup_uniformity);

@group(0) @binding(0) var<uniform> sizes: array<vec4<u32>, 4>;
{{LOAD_A}}
{{LOAD_B}}
{{STORE}}

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Result = subgroup_matrix_result<f32, 16, 16>;
// Rows of a tile in memory's order, as 16-byte pieces with one piece of skew, so that the rows of a fragment are in different banks.
const INNER_A = {{INNER_A}}u / 8u;
const INNER_B = {{INNER_B}}u / 8u;
const ROW_A = INNER_A + {{SKEW}}u;
const ROW_B = INNER_B + {{SKEW}}u;
const TILE_A = {{OUTER_A}}u * ROW_A;
const TILE_B = {{OUTER_B}}u * ROW_B;
var<workgroup> tile_a: array<vec4<u32>, {{BUFFERS}}u * TILE_A>; // f16 [BUFFERS, OUTER_A, INNER_A + 8 SKEW]
var<workgroup> tile_b: array<vec4<u32>, {{BUFFERS}}u * TILE_B>; // f16 [BUFFERS, OUTER_B, INNER_B + 8 SKEW]
var<workgroup> edge: array<f32, {{SUBGROUPS}} * 256>; // one fragment of C for each subgroup

fn a_piece(base: u32, major: u32, minor: u32) -> vec4<u32> {
#if A_K_CONTIGUOUS
  let at = a_at8(base + min(major, sizes[0].x - 1u) * sizes[1].y + min(minor, sizes[0].z - 8u));
  return select(vec4<u32>(), at, minor < sizes[0].z);
#else
  let at = a_at8(base + min(major, sizes[0].z - 1u) * sizes[1].y + min(minor, sizes[0].x - 8u));
  return select(vec4<u32>(), at, major < sizes[0].z);
#endif
}

fn b_piece(base: u32, major: u32, minor: u32) -> vec4<u32> {
#if B_K_CONTIGUOUS
  let at = b_at8(base + min(major, sizes[0].y - 1u) * sizes[2].y + min(minor, sizes[0].z - 8u));
  return select(vec4<u32>(), at, minor < sizes[0].z);
#else
  let at = b_at8(base + min(major, sizes[0].z - 1u) * sizes[2].y + min(minor, sizes[0].y - 8u));
  return select(vec4<u32>(), at, major < sizes[0].z);
#endif
}

@compute @workgroup_size({{THREADS}})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_size) lanes: u32) {
  let m0 = group.y * {{TILE_M}}u;
  let n0 = group.x * {{TILE_N}}u;
  let base_a = sizes[1].x + group.z * sizes[1].z;
  let base_b = sizes[2].x + group.z * sizes[2].z;
  let subgroup = thread / lanes;
  let sm = subgroup / {{SUBGROUPS_N}}u * {{FRAGMENTS_M}}u * 16u;
  let sn = subgroup % {{SUBGROUPS_N}}u * {{FRAGMENTS_N}}u * 16u;
#if A_K_CONTIGUOUS
  let start_a = vec2<u32>(m0, 0u);
  let step_a = vec2<u32>(0u, {{TILE_K}}u);
#else
  let start_a = vec2<u32>(0u, m0);
  let step_a = vec2<u32>({{TILE_K}}u, 0u);
#endif
#if B_K_CONTIGUOUS
  let start_b = vec2<u32>(n0, 0u);
  let step_b = vec2<u32>(0u, {{TILE_K}}u);
#else
  let start_b = vec2<u32>(0u, n0);
  let step_b = vec2<u32>({{TILE_K}}u, 0u);
#endif
#for L LOADS_A
  let major_a{{L}} = (thread + {{L}}u * {{THREADS}}u) / INNER_A;
  let minor_a{{L}} = (thread + {{L}}u * {{THREADS}}u) % INNER_A;
  var next_a{{L}} = a_piece(base_a, start_a.x + major_a{{L}}, start_a.y + minor_a{{L}} * 8u);
#endfor
#for L LOADS_B
  let major_b{{L}} = (thread + {{L}}u * {{THREADS}}u) / INNER_B;
  let minor_b{{L}} = (thread + {{L}}u * {{THREADS}}u) % INNER_B;
  var next_b{{L}} = b_piece(base_b, start_b.x + major_b{{L}}, start_b.y + minor_b{{L}} * 8u);
#endfor
#for I FRAGMENTS_M
#for J FRAGMENTS_N
  var acc_{{I}}_{{J}}: Result;
#endfor
#endfor
  var at_a = 0u;
  var at_b = 0u;
  let steps = (sizes[0].z + {{TILE_K}}u - 1u) / {{TILE_K}}u;
  for (var step = 1u; step <= steps; step++) {
#for L LOADS_A
    tile_a[at_a + major_a{{L}} * ROW_A + minor_a{{L}}] = next_a{{L}};
#endfor
#for L LOADS_B
    tile_b[at_b + major_b{{L}} * ROW_B + minor_b{{L}}] = next_b{{L}};
#endfor
    workgroupBarrier();
    if (step < steps) {
#for L LOADS_A
      next_a{{L}} = a_piece(base_a, start_a.x + step * step_a.x + major_a{{L}}, start_a.y + step * step_a.y + minor_a{{L}} * 8u);
#endfor
#for L LOADS_B
      next_b{{L}} = b_piece(base_b, start_b.x + step * step_b.x + major_b{{L}}, start_b.y + step * step_b.y + minor_b{{L}} * 8u);
#endfor
    }
#for U DEPTH
#for I FRAGMENTS_M
#if A_K_CONTIGUOUS
    let a_{{U}}_{{I}} = subgroupMatrixLoad<Left, row_major>(&tile_a, at_a + (sm + {{I}}u * 16u) * ROW_A + {{U}}u * 2u, ROW_A);
#else
    let a_{{U}}_{{I}} = subgroupMatrixLoad<Left, col_major>(&tile_a, at_a + {{U}}u * 16u * ROW_A + (sm + {{I}}u * 16u) / 8u, ROW_A);
#endif
#endfor
#for J FRAGMENTS_N
#if B_K_CONTIGUOUS
    let b_{{U}}_{{J}} = subgroupMatrixLoad<Right, col_major>(&tile_b, at_b + (sn + {{J}}u * 16u) * ROW_B + {{U}}u * 2u, ROW_B);
#else
    let b_{{U}}_{{J}} = subgroupMatrixLoad<Right, row_major>(&tile_b, at_b + {{U}}u * 16u * ROW_B + (sn + {{J}}u * 16u) / 8u, ROW_B);
#endif
#for I FRAGMENTS_M
    acc_{{I}}_{{J}} = subgroupMatrixMultiplyAccumulate(a_{{U}}_{{I}}, b_{{U}}_{{J}}, acc_{{I}}_{{J}});
#endfor
#endfor
#endfor
#if DOUBLE
    at_a = TILE_A - at_a;
    at_b = TILE_B - at_b;
#else
    workgroupBarrier();
#endif
  }
  // Fragments leave through workgroup memory, where every lane knows which elements it holds.
#for I FRAGMENTS_M
#for J FRAGMENTS_N
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&edge, subgroup * 256u, acc_{{I}}_{{J}}, 16u);
  workgroupBarrier();
  for (var quad = lane; quad < 64u; quad += lanes) {
    let row = m0 + sm + {{I}}u * 16u + quad / 4u;
    let col = n0 + sn + {{J}}u * 16u + quad % 4u * 4u;
    let at = subgroup * 256u + quad * 4u;
    if (row < sizes[0].x && col < sizes[0].y) {
      store(group.z, row, col, vec4<f32>(edge[at], edge[at + 1u], edge[at + 2u], edge[at + 3u]));
    }
  }
#endfor
#endfor
}
