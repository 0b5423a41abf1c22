// C[M, N] = A[M, K] B[N, K]^T for M = 1..16: every weight is read once, 16 bytes a load. LANES threads share a row of B, split along K;
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
// Rows of B in a workgroup; a multiple of four, so that results leave in quads.
const SPAN = {{THREADS}}u / LANES * ROWS;
#if SUBGROUPS
#else
var<workgroup> partial: array<f32, {{THREADS}}>;
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
  let base_a = sizes[1].x + group.z * sizes[1].z;
  let base_b = sizes[2].x + group.z * sizes[2].z;
#for R ROWS
  let row{{R}} = (base_b + min(n0 + {{R}}u, sizes[0].y - 1u) * sizes[2].y) / CHUNK;
#for I M
  var acc_{{I}}_{{R}} = 0.0;
#endfor
#endfor
  let chunks = sizes[0].z / CHUNK;
  for (var chunk = lane; chunk < chunks; chunk += LANES * {{UNROLL}}u) {
#for U UNROLL
    let at{{U}} = min(chunk + {{U}}u * LANES, chunks - 1u);
#for R ROWS
    let raw_{{U}}_{{R}} = b[row{{R}} + at{{U}}];
#if BLOCKS
    let d_{{U}}_{{R}} = b_scale((row{{R}} + at{{U}}) * CHUNK / 32u);
#endif
#endfor
#endfor
#for U UNROLL
    if (chunk + {{U}}u * LANES < chunks) {
      let x = (base_a + at{{U}} * CHUNK) / 4u;
#for V QUADS
      {
#for I M
        let x{{I}} = a[x + {{I}}u * sizes[1].y / 4u + {{V}}u];
#endfor
#for R ROWS
#if BLOCKS
        let w{{R}} = quad_{{V}}(raw_{{U}}_{{R}}) * d_{{U}}_{{R}};
#else
        let w{{R}} = quad_{{V}}(raw_{{U}}_{{R}});
#endif
#for I M
        acc_{{I}}_{{R}} = fma(w{{R}}.x, x{{I}}.x, fma(w{{R}}.y, x{{I}}.y, fma(w{{R}}.z, x{{I}}.z, fma(w{{R}}.w, x{{I}}.w, acc_{{I}}_{{R}}))));
#endfor
#endfor
      }
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
    let row = quad * 4u / SPAN;
    let col = group.x * SPAN + quad * 4u % SPAN;
    if (col < sizes[0].y) {
      store(group.z, row, col, vec4<f32>(sums[quad * 4u], sums[quad * 4u + 1u], sums[quad * 4u + 2u], sums[quad * 4u + 3u]));
    }
  }
}
