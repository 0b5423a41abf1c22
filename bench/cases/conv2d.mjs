import { Cpu } from 'mia';
import { against, probe, resident, time } from '../harness.mjs';

/** Layers of ResNet-50 and MobileNet that between them meet every path of the kernel. */
const layers = [
  {
    what: '3x3, 64 -> 64, 56x56',
    shape: [1, 64, 56, 56],
    filters: [64, 64, 3, 3],
    options: { padding: 1 },
    gate: 0.6,
  },
  {
    what: '3x3, 256 -> 256, 14x14',
    shape: [1, 256, 14, 14],
    filters: [256, 256, 3, 3],
    options: { padding: 1 },
    gate: 0.6,
  },
  {
    what: '3x3 s2, 128 -> 128, 56x56',
    shape: [1, 128, 56, 56],
    filters: [128, 128, 3, 3],
    options: { padding: 1, stride: 2 },
  },
  {
    what: '7x7 s2, 3 -> 64, 224x224',
    shape: [1, 3, 224, 224],
    filters: [64, 3, 7, 7],
    options: { padding: 3, stride: 2 },
  },
  { what: '1x1, 256 -> 1024, 14x14', shape: [1, 256, 14, 14], filters: [1024, 256, 1, 1], options: {} },
  {
    what: '1x1 s2, 256 -> 512, 56x56',
    shape: [1, 256, 56, 56],
    filters: [512, 256, 1, 1],
    options: { stride: 2 },
  },
  {
    what: 'depthwise 3x3, 144, 56x56',
    shape: [1, 144, 56, 56],
    filters: [144, 1, 3, 3],
    options: { padding: 1, groups: 144 },
  },
  {
    what: 'depthwise 3x3 s2, 144, 56x56',
    shape: [1, 144, 56, 56],
    filters: [144, 1, 3, 3],
    options: { padding: 1, stride: 2, groups: 144 },
  },
];

/** f32 convolutions with bias and relu, their results let go, as a share of the FMA peak of the same minute. */
export async function run() {
  const rows = [];
  for (const threads of [1, 2]) {
    const cpu = await Cpu.create({ threads });
    if (cpu.info.cores < threads) continue;
    for (const { what, shape, filters, options, gate } of layers) {
      const w = resident(cpu, filters, 2);
      const bias = resident(cpu, filters.slice(0, 1), 3);
      const x = resident(cpu, shape, 4);
      const layer = () =>
        x
          .clone()
          .conv2d(w.clone(), { ...options, bias: bias.clone() })
          .relu();
      const { stride = 1 } = options;
      const pixels = (shape[2] / stride) * (shape[3] / stride);
      const flops = 2 * pixels * filters.reduce((a, b) => a * b, 1);
      const { limit, value } = await against(
        () => probe('fma.f32', cpu.info.isa, threads),
        async () =>
          flops / (await time(async () => (await layer().realize()).dispose(), { rounds: 3, warm: 1 })) / 1e6,
        3,
      );
      rows.push({
        name: `conv2d ${what}, ${threads} thread${threads > 1 ? 's' : ''}`,
        value,
        unit: 'GFLOP/s',
        limit,
        limitName: 'FMA peak',
        gate,
      });
      for (const t of [x, w, bias]) t.dispose();
    }
    await cpu.close();
  }
  return rows;
}
