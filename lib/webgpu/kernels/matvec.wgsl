// C[M, N] = A[M, K] B[N, K]^T for few rows, M of them a workgroup: a weight is read once for all of them, 16 bytes a load. LANES threads share a row of B, split along K;
// a thread has ROWS rows. sizes as in matmul.wgsl; K and the row strides are multiples of CHUNK, the elements in 16 bytes.
#if SUBGROUPS
enable subgroups;
#endif
@group(0) @binding(0) var<uniform> sizes: array<vec4<u32>, 4>;
@group(0) @binding(2) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> b: array<vec4<u32>>;
{{SCALES}}
{{QUADS_OF_CHUNK}}
{{STORE}}

const CHUNK = {{CHUNK}}u;
const LANES = {{LANES}}u;
const ROWS = {{ROWS}}u;
const QUADS = CHUNK / 4u;
// Chunks of a row that its lanes take in one step, and their quads.
const STEP = LANES * {{UNROLL}}u;
const PIECE = STEP * QUADS;
// Rows of B in a workgroup; a multiple of four, so that results leave in quads.
const SPAN = {{THREADS}}u / LANES * ROWS;
#if SUBGROUPS
#else
var<workgroup> partial: array<f32, {{THREADS}}>;
#endif
#if STAGED
// A's piece, a quad of skew after eight: lanes that read CHUNK apart meet different banks.
var<workgroup> tile: array<vec4<f32>, {{M}}u * PIECE * 9u / 8u>; // [M, PIECE, 4]
#endif
var<workgroup> sums: array<f32, {{M}}u * SPAN>; // [M, SPAN]

// The sum over the LANES threads of a row.
fn over_lanes(value: f32, thread: u32) -> f32 {
#if SUBGROUPS
  var sum = value;
  for (var distance = 1u; distance < LANES; distance *= 2u) { sum += subgroupShuffleXor(sum, distance); }
  return sum;
#else
  workgroupBarrier();
  partial[thread] = value;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < LANES; i++) { sum += partial[thread / LANES * LANES + i]; }
  return sum;
#endif
}

@compute @workgroup_size({{THREADS}})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let n0 = group.x * SPAN + thread / LANES * ROWS;
  let lane = thread % LANES;
  let m0 = group.y * {{M}}u;
  let base_a = (sizes[1].x + group.z * sizes[1].z) / 4u;
  let base_b = sizes[2].x + group.z * sizes[2].z;
#for R ROWS
  let row{{R}} = (base_b + min(n0 + {{R}}u, sizes[0].y - 1u) * sizes[2].y) / CHUNK;
#for I M
  var acc_{{I}}_{{R}} = 0.0;
#endfor
#endfor
  let chunks = sizes[0].z / CHUNK;
#if STAGED
  for (var chunk0 = 0u; chunk0 < chunks; chunk0 += STEP) {
    let chunk = chunk0 + lane;
#else
  for (var chunk = lane; chunk < chunks; chunk += STEP) {
#endif
    // All loads of a step are under way before the first is used.
#for U UNROLL
    let at{{U}} = min(chunk + {{U}}u * LANES, chunks - 1u);
#for R ROWS
    let raw_{{U}}_{{R}} = b[row{{R}} + at{{U}}];
#if BLOCKS
    let d_{{U}}_{{R}} = b_scale((row{{R}} + at{{U}}) * CHUNK / 32u);
#endif
#endfor
#endfor
#if STAGED
    workgroupBarrier();
    for (var i = thread; i < {{M}}u * PIECE; i += {{THREADS}}u) {
      let quad = chunk0 * QUADS + i % PIECE;
      tile[i + i / 8u] = a[base_a + min(m0 + i / PIECE, sizes[0].x - 1u) * (sizes[1].y / 4u) + min(quad, sizes[0].z / 4u - 1u)];
    }
    workgroupBarrier();
#endif
#for U UNROLL
    if (chunk + {{U}}u * LANES < chunks) {
#for I M
#if CENTRED
      var all_{{I}} = 0.0;
#endif
#if BLOCKS
#for R ROWS
      var part_{{I}}_{{R}} = 0.0;
#endfor
#endif
#endfor
#for V QUADS
      {
#for I M
#if STAGED
        let i{{I}} = {{I}}u * PIECE + (lane + {{U}}u * LANES) * QUADS + {{V}}u;
        let x{{I}} = tile[i{{I}} + i{{I}} / 8u];
#else
        let x{{I}} = a[base_a + min(m0 + {{I}}u, sizes[0].x - 1u) * (sizes[1].y / 4u) + at{{U}} * QUADS + {{V}}u];
#endif
#endfor
#if CENTRED
#for I M
        all_{{I}} += (x{{I}}.x + x{{I}}.y) + (x{{I}}.z + x{{I}}.w);
#endfor
#endif
#for R ROWS
        let w{{R}} = quad_{{V}}(raw_{{U}}_{{R}});
#for I M
        {{SUM}}_{{I}}_{{R}} = fma(w{{R}}.x, x{{I}}.x, fma(w{{R}}.y, x{{I}}.y, fma(w{{R}}.z, x{{I}}.z, fma(w{{R}}.w, x{{I}}.w, {{SUM}}_{{I}}_{{R}}))));
#endfor
#endfor
      }
#endfor
#for I M
#for R ROWS
#if CENTRED
      part_{{I}}_{{R}} -= {{CENTRE}}.0 * all_{{I}};
#endif
#if BLOCKS
      acc_{{I}}_{{R}} += d_{{U}}_{{R}} * part_{{I}}_{{R}};
#endif
#endfor
#endfor
    }
#endfor
  }
#for I M
#for R ROWS
  let sum_{{I}}_{{R}} = over_lanes(acc_{{I}}_{{R}}, thread);
  if (lane == 0u) { sums[{{I}}u * SPAN + thread / LANES * ROWS + {{R}}u] = sum_{{I}}_{{R}}; }
#endfor
#endfor
  workgroupBarrier();
  for (var quad = thread; quad < {{M}}u * SPAN / 4u; quad += {{THREADS}}u) {
    let row = m0 + quad * 4u / SPAN;
    let col = group.x * SPAN + quad * 4u % SPAN;
    if (row < sizes[0].x && col < sizes[0].y) {
      store(group.z, row, col, vec4<f32>(sums[quad * 4u], sums[quad * 4u + 1u], sums[quad * 4u + 2u], sums[quad * 4u + 3u]));
    }
  }
}
