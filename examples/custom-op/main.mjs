// A custom op: its rule for dtypes and shapes, and a kernel in JavaScript. `node examples/custom-op/main.mjs`
import { apply, CpuBuilder, defineOp, MiaError, Tensor } from 'mia';

/** Median of each row: x [rows, n] -> [rows]. */
const rowMedian = defineOp({
  name: 'rowMedian',
  doc: 'median of each row',
  infer([x]) {
    if (x.shape.length !== 2) throw new MiaError('ERR_SHAPE', 'rowMedian', 'takes a matrix');
    return { dtype: x.dtype, shape: [x.shape[0]] };
  },
});

const cpu = await new CpuBuilder()
  .addDefaultOps()
  .addOp(rowMedian, ([x], out, { operands }) => {
    const [rows, n] = operands[0].shape;
    for (let r = 0; r < rows; r++) out[r] = x.slice(r * n, (r + 1) * n).sort()[n >> 1];
  })
  .build();

const x = Tensor.create(cpu, [2, 3], new Float32Array([3, 1, 2, 9, 7, 8]));
// What comes before and after still runs natively, fused as ever.
console.log(
  await apply(rowMedian, [x.mul(10)])
    .add(0.5)
    .back(),
);
await cpu.close();
