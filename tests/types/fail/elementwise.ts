/** Each line that ends in a comment must fail, with that sentence in the compiler's message; no other line may. */
import { Tensor } from '../../../lib/tensor/tensor.js';
import { cpu, gpu } from '../devices.js';

const f32 = Tensor.zeros(cpu, [2, 3]);
const i32 = Tensor.zeros(cpu, [2, 3], 'i32');
const packed = Tensor.zeros(cpu, [2, 3], 'f32x4');
const mask = f32.gt(0);

f32.add(i32); // add: dtypes differ: f32 and i32; convert one with .to()
i32.mul(f32); // mul: dtypes differ: i32 and f32; convert one with .to()
f32.sub(Tensor.zeros(gpu, [3])); // sub: devices differ: cpu and webgpu
f32.div(Tensor.zeros(cpu, [2])); // div: shapes do not broadcast: [2, 3] and [2]
f32.eq(i32); // eq: dtypes differ: f32 and i32; convert one with .to()
packed.lt(packed); // lt: needs numbers or bool, not packed, got f32x4; cast() it to its lanes first
f32.maximum(i32); // maximum: dtypes differ: f32 and i32; convert one with .to()
f32.max(i32); // maximum: dtypes differ: f32 and i32; convert one with .to()
mask.add(1); // add: needs numbers, got bool; convert with .to()
f32.and(mask); // and: needs bool, got f32; convert with .to()
f32.not(); // not: needs bool, got f32; convert with .to()
i32.exp(); // exp: needs floats, got i32; convert with .to()
Tensor.zeros(cpu, [2], 'u8').relu(); // relu: needs signed numbers, got u8; convert with .to()
f32.clamp(0, i32); // clamp: dtypes differ: f32 and i32; convert one with .to()
f32.clamp(i32, 1); // clamp: dtypes differ: f32 and i32; convert one with .to()
mask.where(f32, i32); // where: dtypes differ: f32 and i32; convert one with .to()
mask.where(f32, Tensor.zeros(cpu, [4])); // where: shapes do not broadcast: [2, 3] and [4]
