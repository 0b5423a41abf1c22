// C[M, N] = A[M, K] B[K, N] in f32: a workgroup makes a TILE_M x TILE_N tile, a thread THREAD_M x THREAD_N of it in registers.
// sizes[0]: M, N, K. sizes[1..3]: offset, row stride, batch stride of A, B and C, in elements.
@group(0) @binding(0) var<uniform> sizes: array<vec4<u32>, 4>;
{{A}}
{{B}}
{{STORE}}

const TILE_K = {{TILE_K}}u;
const THREADS_M = {{TILE_M}}u / {{THREAD_M}}u;
const THREADS_N = {{TILE_N}}u / {{THREAD_N}}u;
// One quad of padding spreads the rows of a tile over the banks.
const ROW_A = {{TILE_M}}u / 4u + 1u;
const ROW_B = {{TILE_N}}u / 4u + 1u;
const TILE_B = TILE_K * ROW_A;
// Blocks of 4 x 4 in a tile of A and in one of B.
const BLOCKS_A = {{TILE_M}}u * TILE_K / 16u;
const BLOCKS_B = {{TILE_N}}u * TILE_K / 16u;

// A [TILE_K, TILE_M + 4], then B [TILE_K, TILE_N + 4]. Small tiles: what a workgroup holds bounds how many share a core.
var<workgroup> tile: array<vec4<f32>, TILE_B + TILE_K * ROW_B>;

// Where a block lies in its tiles, by quads along M or N and by elements along K: neighbours in memory go to neighbouring threads.
fn place_a(block: u32) -> vec2<u32> {
#if A_K_CONTIGUOUS
  return vec2<u32>(block / (TILE_K / 4u), block % (TILE_K / 4u) * 4u);
#else
  return vec2<u32>(block % ({{TILE_M}}u / 4u), block / ({{TILE_M}}u / 4u) * 4u);
#endif
}
fn place_b(block: u32) -> vec2<u32> {
#if B_K_CONTIGUOUS
  return vec2<u32>(block / (TILE_K / 4u), block % (TILE_K / 4u) * 4u);
#else
  return vec2<u32>(block % ({{TILE_N}}u / 4u), block / ({{TILE_N}}u / 4u) * 4u);
#endif
}

// Block number `part` of the pair of tiles at `k0`; whole subgroups take the same branch.
fn fetch(part: u32, group: vec3<u32>, k0: u32) -> mat4x4<f32> {
  if (part < BLOCKS_A) {
    let at = place_a(part);
    return a_block(sizes[1].x + group.z * sizes[1].z, group.y * {{TILE_M}}u + at.x * 4u, sizes[0].x, k0 + at.y);
  }
  let at = place_b(min(part - BLOCKS_A, BLOCKS_B - 1u));
  return b_block(sizes[2].x + group.z * sizes[2].z, group.x * {{TILE_N}}u + at.x * 4u, sizes[0].y, k0 + at.y);
}

@compute @workgroup_size({{THREADS}})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let m0 = group.y * {{TILE_M}}u;
  let n0 = group.x * {{TILE_N}}u;
  let tm = thread / THREADS_N;
  let tn = thread % THREADS_N;
#for L LOADS
  let part{{L}} = thread + {{L}}u * {{THREADS}}u;
  let of_a{{L}} = part{{L}} < BLOCKS_A;
  let place{{L}} = select(place_b(part{{L}} - BLOCKS_A), place_a(part{{L}}), of_a{{L}});
  let row{{L}} = select(ROW_B, ROW_A, of_a{{L}});
  let to{{L}} = select(TILE_B, 0u, of_a{{L}}) + place{{L}}.y * row{{L}} + place{{L}}.x;
  var next{{L}} = fetch(part{{L}}, group, 0u);
#endfor
#for I QUADS_M
#for C 4
#for J QUADS_N
  var acc_{{I}}_{{C}}_{{J}} = vec4<f32>();
#endfor
#endfor
#endfor
  for (var k0 = 0u; k0 < sizes[0].z; k0 += TILE_K) {
#for L LOADS
    if (part{{L}} < BLOCKS_A + BLOCKS_B) {
#for I 4
      tile[to{{L}} + {{I}}u * row{{L}}] = next{{L}}[{{I}}];
#endfor
    }
#endfor
    workgroupBarrier();
    // The next tiles travel while this one is multiplied.
    if (k0 + TILE_K < sizes[0].z) {
#for L LOADS
      next{{L}} = fetch(part{{L}}, group, k0 + TILE_K);
#endfor
    }
    for (var k = 0u; k < TILE_K; k += {{UNROLL}}u) {
#for U UNROLL
#for I QUADS_M
      let a_{{U}}_{{I}} = tile[(k + {{U}}u) * ROW_A + tm + {{I}}u * THREADS_M];
#endfor
#for J QUADS_N
      let b_{{U}}_{{J}} = tile[TILE_B + (k + {{U}}u) * ROW_B + tn + {{J}}u * THREADS_N];
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
    workgroupBarrier();
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
