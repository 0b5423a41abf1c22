// C[M, N] = A[M, K] B[K, N] in f32: a workgroup makes a TILE_M x TILE_N tile, a thread THREAD_M x THREAD_N of it in registers.
// sizes[0]: M, N, K. sizes[1..3]: offset, row stride, batch stride of A, B and C, in elements.
@group(0) @binding(0) var<uniform> sizes: array<vec4<u32>, 4>;
{{A}}
{{B}}
{{STORE}}

const TILE_K = {{TILE_K}}u;
const THREADS_M = {{TILE_M}}u / {{THREAD_M}}u;
const THREADS_N = {{TILE_N}}u / {{THREAD_N}}u;
const THREADS = {{THREADS}}u;
// One quad of padding spreads the rows of a tile over the banks.
const ROW_A = {{TILE_M}}u / 4u + 1u;
const ROW_B = {{TILE_N}}u / 4u + 1u;

var<workgroup> tile_a: array<vec4<f32>, {{BUFFERS}}u * TILE_K * ROW_A>; // [BUFFERS, TILE_K, TILE_M + 4]
var<workgroup> tile_b: array<vec4<f32>, {{BUFFERS}}u * TILE_K * ROW_B>; // [BUFFERS, TILE_K, TILE_N + 4]

@compute @workgroup_size({{THREADS}})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let m0 = group.y * {{TILE_M}}u;
  let n0 = group.x * {{TILE_N}}u;
  let base_a = sizes[1].x + group.z * sizes[1].z;
  let base_b = sizes[2].x + group.z * sizes[2].z;
  let tm = thread / THREADS_N;
  let tn = thread % THREADS_N;
  // Blocks of 4 x 4 that this thread carries from memory to the tiles: neighbours along K are neighbours in memory, or along M and N.
#for L LOADS_A
  let part_a{{L}} = thread + {{L}}u * THREADS;
#if A_K_CONTIGUOUS
  let ka{{L}} = part_a{{L}} % (TILE_K / 4u) * 4u;
  let ma{{L}} = part_a{{L}} / (TILE_K / 4u);
#else
  let ka{{L}} = part_a{{L}} / ({{TILE_M}}u / 4u) * 4u;
  let ma{{L}} = part_a{{L}} % ({{TILE_M}}u / 4u);
#endif
  var next_a{{L}} = a_block(base_a, m0 + ma{{L}} * 4u, sizes[0].x, ka{{L}});
#endfor
#for L LOADS_B
  let part_b{{L}} = thread + {{L}}u * THREADS;
#if B_K_CONTIGUOUS
  let kb{{L}} = part_b{{L}} % (TILE_K / 4u) * 4u;
  let nb{{L}} = part_b{{L}} / (TILE_K / 4u);
#else
  let kb{{L}} = part_b{{L}} / ({{TILE_N}}u / 4u) * 4u;
  let nb{{L}} = part_b{{L}} % ({{TILE_N}}u / 4u);
#endif
  var next_b{{L}} = b_block(base_b, n0 + nb{{L}} * 4u, sizes[0].y, kb{{L}});
#endfor
#for I QUADS_M
#for C 4
#for J QUADS_N
  var acc_{{I}}_{{C}}_{{J}} = vec4<f32>();
#endfor
#endfor
#endfor
  var at_a = 0u;
  var at_b = 0u;
  for (var k0 = 0u; k0 < sizes[0].z; k0 += TILE_K) {
#for L LOADS_A
#for I 4
    tile_a[at_a + (ka{{L}} + {{I}}u) * ROW_A + ma{{L}}] = next_a{{L}}[{{I}}];
#endfor
#endfor
#for L LOADS_B
#for I 4
    tile_b[at_b + (kb{{L}} + {{I}}u) * ROW_B + nb{{L}}] = next_b{{L}}[{{I}}];
#endfor
#endfor
    workgroupBarrier();
    // The next tiles travel while this one is multiplied.
    if (k0 + TILE_K < sizes[0].z) {
#for L LOADS_A
      next_a{{L}} = a_block(base_a, m0 + ma{{L}} * 4u, sizes[0].x, k0 + TILE_K + ka{{L}});
#endfor
#for L LOADS_B
      next_b{{L}} = b_block(base_b, n0 + nb{{L}} * 4u, sizes[0].y, k0 + TILE_K + kb{{L}});
#endfor
    }
    for (var k = 0u; k < TILE_K; k += {{UNROLL}}u) {
#for U UNROLL
#for I QUADS_M
      let a_{{U}}_{{I}} = tile_a[at_a + (k + {{U}}u) * ROW_A + tm + {{I}}u * THREADS_M];
#endfor
#for J QUADS_N
      let b_{{U}}_{{J}} = tile_b[at_b + (k + {{U}}u) * ROW_B + tn + {{J}}u * THREADS_N];
#endfor
#for I QUADS_M
#for C 4
#for J QUADS_N
      acc_{{I}}_{{C}}_{{J}} = fma(vec4<f32>(a_{{U}}_{{I}}[{{C}}]), b_{{U}}_{{J}}, acc_{{I}}_{{C}}_{{J}});
#endfor
#endfor
#endfor
#endfor
    }
#if DOUBLE
    // The other half of the tiles is free: everyone has read it before the last barrier.
    at_a = TILE_K * ROW_A - at_a;
    at_b = TILE_K * ROW_B - at_b;
#else
    workgroupBarrier();
#endif
  }
#for I QUADS_M
#for C 4
#for J QUADS_N
  store_in(group.z, m0 + (tm + {{I}}u * THREADS_M) * 4u + {{C}}u, n0 + (tn + {{J}}u * THREADS_N) * 4u, acc_{{I}}_{{C}}_{{J}});
#endfor
#endfor
#endfor
}

fn store_in(batch: u32, row: u32, col: u32, value: vec4<f32>) {
  if (row < sizes[0].x && col < sizes[0].y) { store(batch, row, col, value); }
}
