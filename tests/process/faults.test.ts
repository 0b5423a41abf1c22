/** Faults at run time: an error with a code, and the device goes on. */
import { describe, expect, test } from 'vitest';
import { compile, Cpu, spec, Tensor, type HostKernel } from '../../lib/index.js';

const f32 = (n: number, value = 1): Float32Array => new Float32Array(n).fill(value);

async function works(cpu: Cpu): Promise<void> {
  expect(await Tensor.create(cpu, [2], f32(2)).add(1).back()).toEqual(f32(2, 2));
}

test('more memory than there is: ERR_OUT_OF_MEMORY', async () => {
  await using cpu = await Cpu.create();
  const huge = Tensor.zeros(cpu, [1 << 21, 1 << 21]); // 16 TiB, not computed yet
  await expect(huge.back()).rejects.toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
  await works(cpu);
  expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
});

test('an array detached after it was lent', async () => {
  await using cpu = await Cpu.create();
  const data = f32(64);
  const x = Tensor.create(cpu, [64], data);
  structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
  await expect(x.add(1).back()).rejects.toMatchObject({ name: 'MiaError', code: 'ERR_SHAPE' });
  await works(cpu);
});

test.each([[[5]], [[-1]], [[2 ** 31 - 1]]])('index %j of 4 rows', async (indices) => {
  await using cpu = await Cpu.create();
  const rows = (): Tensor<Cpu, 'f32'> => Tensor.create(cpu, [4, 2], f32(8));
  const index = (): Tensor<Cpu, 'i32'> => Tensor.create(cpu, [1], Int32Array.from(indices));
  await expect(rows().gather(index()).back()).rejects.toMatchObject({
    code: 'ERR_SHAPE',
    actual: String(indices[0]),
  });
  await expect(
    rows()
      .scatter(index(), Tensor.create(cpu, [1, 2], f32(2)))
      .back(),
  ).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  await works(cpu);
});

describe('a program', () => {
  const square = (cpu: Cpu) =>
    compile(cpu, { x: spec('f32', [null, 512]) }, ({ x }) => ({ y: x.clone().matmul(x.transpose()) }));

  test('runs concurrently, with sizes of their own', async () => {
    await using cpu = await Cpu.create();
    const program = await square(cpu);
    const results = await Promise.all([3, 1, 7, 3, 16].map((n) => program.run({ x: f32(n * 512) })));
    expect(results.map((r) => r.y.length)).toEqual([9, 1, 49, 9, 256]);
    expect(results.every((r) => r.y.every((v) => v === 512))).toBe(true);
    await program.dispose();
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  test('says so after it was disposed; a run in flight ends first', async () => {
    await using cpu = await Cpu.create();
    const program = await square(cpu);
    const run = program.run({ x: f32(64 * 512) });
    await Promise.all([program.dispose(), program.dispose()]);
    expect((await run).y[0]).toBe(512);
    await expect(program.run({ x: f32(512) })).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  test('refuses what is no signal, and a function that answers later', async () => {
    await using cpu = await Cpu.create();
    const program = await square(cpu);
    await expect(program.run({ x: f32(512) }, { signal: 5 as never })).rejects.toMatchObject({
      name: 'MiaError',
    });
    await program.dispose();
    const later = compile(cpu, { x: spec('f32', [4]) }, (async ({ x }: never) => ({
      y: (x as Tensor<Cpu, 'f32'>).exp(),
    })) as never);
    await expect(later).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await new Promise((resolve) => setImmediate(resolve)); // what it made is given back when it has it
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  test('says so after its device was closed', async () => {
    const cpu = await Cpu.create();
    const program = await square(cpu);
    await program.run({ x: f32(512) });
    await cpu.close();
    await expect(program.run({ x: f32(512) })).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await program.dispose();
  });

  test('aborts: before, and in the middle', async () => {
    await using cpu = await Cpu.create();
    const program = await square(cpu);
    await expect(program.run({ x: f32(512) }, { signal: AbortSignal.abort('no') })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      cause: 'no',
    });
    const controller = new AbortController();
    const run = program.run({ x: f32(8192 * 512) }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    await expect(run).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect((await program.run({ x: f32(512) })).y[0]).toBe(512);
    await program.dispose();
  });

  test.each([
    ['no input', {}, 'ERR_DTYPE'],
    ['another name', { x: f32(512), z: f32(1) }, 'ERR_SHAPE'],
    ['another dtype', { x: new Int32Array(512) }, 'ERR_DTYPE'],
    ['a length that does not divide', { x: f32(513) }, 'ERR_SHAPE'],
    ['a shape that does not fit', { x: { data: f32(1024), shape: [1, 1024] } }, 'ERR_SHAPE'],
    ['a shape that is none', { x: { data: f32(512), shape: 'a' } }, 'ERR_SHAPE'],
    ['a shape of NaN', { x: { data: f32(512), shape: [Number.NaN, 512] } }, 'ERR_SHAPE'],
    ['a foreign object', { x: { length: 512 } }, 'ERR_DTYPE'],
  ])('refuses %s', async (_, inputs, code) => {
    await using cpu = await Cpu.create();
    const program = await square(cpu);
    await expect(program.run(inputs as never)).rejects.toMatchObject({ name: 'MiaError', code });
    await program.dispose();
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  test('comes back from bytes, with its weights and its open sizes', async () => {
    await using cpu = await Cpu.create();
    const w = Tensor.create(
      cpu,
      [4, 3],
      Float32Array.from({ length: 12 }, (_, i) => i),
    );
    const program = await compile(cpu, { x: spec('f32', [null, 4]), unused: spec('i32', [2]) }, ({ x }) => ({
      y: x.matmul(w.clone()).relu(),
    }));
    const { Program } = await import('../../lib/index.js');
    const bytes = program.toBytes();
    const again = await Program.fromBytes(cpu, bytes);
    for (const n of [1, 5]) {
      const x = Float32Array.from({ length: 4 * n }, (_, i) => i - 3);
      const unused = new Int32Array(2);
      expect(await again.run({ x, unused })).toEqual(await program.run({ x, unused }));
    }
    await expect(Program.fromBytes(cpu, bytes.slice(0, 100))).rejects.toMatchObject({ code: 'ERR_FORMAT' });
    await Promise.all([program.dispose(), again.dispose()]);
    w.dispose();
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });
});

test.each([
  [
    'is asynchronous',
    [4],
    async () => {
      throw new Error('later');
    },
    'ERR_UNSUPPORTED',
  ],
  ['has a result of 4 TiB', [2 ** 40], () => {}, 'ERR_OUT_OF_MEMORY'],
] as [string, number[], unknown, string][])('a custom kernel that %s', async (_, shape, kernel, code) => {
  const { apply, CpuBuilder, defineOp } = await import('../../lib/index.js');
  const op = defineOp({ name: 'odd', doc: 'odd', infer: () => ({ dtype: 'f32', shape }) });
  await using cpu = await new CpuBuilder()
    .addDefaultOps()
    .addOp(op, kernel as HostKernel)
    .build();
  await expect(apply(op, [Tensor.create(cpu, [4], f32(4)).exp()]).back()).rejects.toMatchObject({
    name: 'MiaError',
    code,
  });
  expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
});

test.each([
  [{ threads: 0 }, 'ERR_DEVICE'],
  [{ threads: 1.5 }, 'ERR_DEVICE'],
  [{ isa: 'mmx' }, 'ERR_DEVICE'],
  [{ thread: 2 }, 'ERR_DEVICE'],
  [null, 'ERR_DEVICE'],
])('a device of %j', async (options, code) => {
  await expect(Cpu.create(options as never)).rejects.toMatchObject({ code });
});
