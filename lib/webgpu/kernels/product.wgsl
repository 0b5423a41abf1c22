// C [batch, M, N] = A [batch, M, K] B [batch, K, N] at any strides: tiles of 16 x 16 through workgroup memory.
var<workgroup> tile_a: array<{{T}}, 256>;
var<workgroup> tile_b: array<{{T}}, 256>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) at: vec3<u32>) {
  let row = group.y * 16u + at.y;
  let col = group.x * 16u + at.x;
  for (var batch = group.z; batch < {{batch}}; batch += {{layers}}) {
    var sum = {{T}}(0);
    for (var k = 0u; k < {{K}}; k += 16u) {
      var a = {{T}}(0);
      var b = {{T}}(0);
      if (row < {{M}} && k + at.x < {{K}}) { a = {{A}}((batch * {{M}} + row) * {{K}} + k + at.x); }
      if (col < {{N}} && k + at.y < {{K}}) { b = {{T}}({{B}}((batch * {{K}} + k + at.y) * {{N}} + col)); }
      tile_a[at.y * 16u + at.x] = a;
      tile_b[at.y * 16u + at.x] = b;
      workgroupBarrier();
      for (var i = 0u; i < 16u; i++) { sum = {{sum}}; }
      workgroupBarrier();
    }
    if (row < {{M}} && col < {{N}}) { {{epilogue}}((batch * {{M}} + row) * {{N}} + col, sum); }
  }
}
