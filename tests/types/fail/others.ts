/** Each line that ends in a comment must fail, with that sentence in the compiler's message; no other line may. */
import { expr } from '../../../lib/tensor/expr.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { cpu, gpu } from '../devices.js';

const f32 = Tensor.zeros(cpu, [2, 3]);
const i32 = Tensor.zeros(cpu, [2, 3], 'i32');
const packed = Tensor.zeros(cpu, [2, 3], 'f32x4');

f32.matmul(Tensor.zeros(cpu, [32, 4])); // matmul: K differs: lhs [2, 3], rhs [32, 4]
f32.matmul(Tensor.zeros(cpu, [2])); // matmul: K differs: lhs [2, 3], rhs [2]
Tensor.zeros(cpu, [4, 2, 3]).matmul(Tensor.zeros(cpu, [5, 3, 2])); // matmul: shapes do not broadcast: [4, 2, 3] and [5, 3, 2]
f32.matmul(i32.transpose()); // matmul: dtypes differ: f32 and i32; convert one with .to()
Tensor.zeros(cpu, [2, 3], 'bf16').matmul(f32.transpose()); // matmul: dtypes differ: bf16 and f32; convert one with .to()
f32.matmul(Tensor.zeros(cpu, [3, 2], 'f64')); // matmul: dtypes differ: f32 and f64; convert one with .to()
f32.matmul(Tensor.zeros(gpu, [3, 2], 'q8_0')); // matmul: devices differ: cpu and webgpu
f32.to('q8_0').add(f32); // add: needs numbers, got q8_0; decode it first, with .to('f32')
i32.softmax(); // softmax: needs floats, got i32; convert with .to()
packed.softmax(); // softmax: needs floats, not packed, got f32x4; cast() it to its lanes first
i32.mean(); // mean: needs floats, got i32; convert with .to()
f32.gt(0).sum(); // sum: needs numbers, got bool; convert with .to()
f32.layerNorm(i32); // layerNorm: dtypes differ: f32 and i32; convert one with .to()
f32.layerNorm(f32, i32); // layerNorm: dtypes differ: f32 and i32; convert one with .to()
f32.rmsNorm(Tensor.zeros(gpu, [3])); // rmsNorm: devices differ: cpu and webgpu
f32.gather(f32); // gather: needs integers, got f32; convert with .to()
f32.embedding(Tensor.zeros(gpu, [3], 'i32')); // embedding: devices differ: cpu and webgpu
f32.scatter(i32, i32); // scatter: dtypes differ: f32 and i32; convert one with .to()
f32.concat([f32, i32]); // concat: dtypes differ: f32 and i32; convert one with .to()
Tensor.concat([f32, i32]); // concat: dtypes differ: f32 and i32; convert one with .to()
Tensor.stack([f32, Tensor.zeros(gpu, [2, 3])]); // stack: devices differ: cpu and webgpu
Tensor.create(cpu, [2], new Float32Array(2), 'bf16'); // create: bf16 lies in a Uint16Array
void expr`${f32} + ${i32}`; // expr: dtypes differ: f32 and i32; convert one with .to()
void expr`${f32} + ${Tensor.zeros(gpu, [2, 3])}`; // expr: devices differ: cpu and webgpu

const image = Tensor.zeros(cpu, [1, 3, 8, 8]);
const filters = Tensor.zeros(cpu, [4, 3, 3, 3]);
image.conv2d(filters.to('i32')); // conv2d: dtypes differ: f32 and i32; convert one with .to()
image.conv2d(filters, { bias: i32 }); // conv2d: dtypes differ: f32 and i32; convert one with .to()
image.conv2d(Tensor.zeros(gpu, [4, 3, 3, 3])); // conv2d: devices differ: cpu and webgpu
image.gt(0).maxPool2d(2); // maxPool2d: needs numbers, got bool; convert with .to()
i32.avgPool2d(2); // avgPool2d: needs floats, got i32; convert with .to()
