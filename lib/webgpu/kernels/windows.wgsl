// Windows over images [N, C, H, W]; a thread for each element of [N, O, OH, OW].
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i >= {{n}}) { return; }
  let column = i % {{OW}};
  let row = (i / {{OW}}) % {{OH}};
  let o = (i / {{OW}} / {{OH}}) % {{O}};
  let image = i / {{OW}} / {{OH}} / {{O}};
  let per = {{C}} / {{groups}};
  let first = (o / ({{O}} / {{groups}})) * per;
  var sum = {{start}};
  var seen = 0.0;
#if CONV
  for (var c = 0u; c < per; c++) {
#else
  let c = o;
  {
#endif
    for (var ky = 0u; ky < {{KH}}; ky++) {
      let y = row * {{SH}} + ky * {{DH}} - {{top}};
      if (y >= {{H}}) { continue; }
      for (var kx = 0u; kx < {{KW}}; kx++) {
        let x = column * {{SW}} + kx * {{DW}} - {{left}};
        if (x >= {{W}}) { continue; }
#if CONV
        let v = {{X}}(((image * {{C}} + first + c) * {{H}} + y) * {{W}} + x);
        let w = {{w}}(((o * per + c) * {{KH}} + ky) * {{KW}} + kx);
#else
        let v = {{X}}(((image * {{C}} + c) * {{H}} + y) * {{W}} + x);
        seen += 1.0;
#endif
        sum = {{fold}};
      }
    }
  }
  {{epilogue}}(i, {{result}});
}
