/** Programs that keep values on the device from run to run. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compile, Cpu, Program, spec, state, Tensor } from '../../../lib/index.js';

const f32 = (...values: number[]): Float32Array => Float32Array.from(values);
const i32 = (...values: number[]): Int32Array => Int32Array.from(values);

describe('program states', () => {
  let cpu: Cpu;
  beforeAll(async () => {
    cpu = await Cpu.create();
  });
  afterAll(() => cpu.close());
  beforeEach(() => void (process.env.MIA_VERIFY = '1'));

  const cached = () =>
    compile(
      cpu,
      { x: spec('f32', [null, 2]), at: spec('i32', [null]), cache: state('f32', [4, 2]) },
      ({ x, at, cache }) => {
        const next = cache.scatter(at, x, 0);
        return { total: next.clone().sum([0, 1]), cache: next };
      },
    );

  test('a scatter writes in place: one step more, nothing allocated for the state, nothing copied', async () => {
    await using program = await cached();
    const plan = await program.explain({ x: [1, 2], at: [1] });
    expect(plan.steps.map((s) => s.kernel)).toEqual(['scatter.set', 'reduce.sum.f32']);
    using memory = program.createState();
    expect(memory.bytes).toBe(32);
    await program.run({ x: f32(1, 2), at: i32(0) }, { state: memory });
    const { bytesAllocated, bytesCopied } = cpu.counters();
    const { total } = await program.run({ x: f32(3, 4, 5, 6), at: i32(3, 1) }, { state: memory });
    expect([...total]).toEqual([21]);
    expect(memory.read('cache')).toEqual(f32(1, 2, 5, 6, 0, 0, 3, 4));
    expect(cpu.counters().bytesCopied).toBe(bytesCopied);
    expect(cpu.counters().bytesAllocated - bytesAllocated).toBeLessThanOrEqual(64);
  });

  test('two states of one program know nothing of each other', async () => {
    await using program = await cached();
    using a = program.createState();
    using b = program.createState();
    await Promise.all([
      program.run({ x: f32(1, 1), at: i32(0) }, { state: a }),
      program.run({ x: f32(2, 2), at: i32(1) }, { state: b }),
    ]);
    expect([...a.read('cache')]).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
    expect([...b.read('cache')]).toEqual([0, 0, 2, 2, 0, 0, 0, 0]);
  });

  /** What may not be written before everything has read the old value. */
  const rules: Record<string, [(t: Tensor<Cpu, 'f32'>) => Tensor<Cpu, 'f32'>, (v: number[]) => number[]]> = {
    'an elementwise step': [(a) => a.mul(2).add(1), (v) => v.map((x) => 2 * x + 1)],
    'a transposed view': [(a) => a.transpose(), ([a, b, c, d]) => [a, c, b, d]],
    'a row added to all': [
      (a) => a.clone().add(a.slice([[0, 1]]).broadcastTo([2, 2])),
      ([a, b, c, d]) => [a + a, b + b, c + a, d + b],
    ],
    itself: [(a) => a, (v) => v],
    'a view of what was computed': [
      (a) => a.mul(2).transpose(),
      ([a, b, c, d]) => [2 * a, 2 * c, 2 * b, 2 * d],
    ],
    'a view of a part of something larger': [
      (a) => {
        const twice = a.clone().mul(2);
        const parts = twice
          .clone()
          .concat([a.mul(3)], 0)
          .exp();
        parts.dispose();
        return twice.flip([0]);
      },
      ([a, b, c, d]) => [2 * c, 2 * d, 2 * a, 2 * b],
    ],
    'a constant': [(a) => (a.dispose(), Tensor.create(cpu, [2, 2], f32(7, 8, 9, 10))), () => [7, 8, 9, 10]],
    'a scatter of what somebody else reads too': [
      (a) => a.clone().scatter(Tensor.create(cpu, [1], i32(0)), a.slice([[1, 2]]), 0),
      ([, , c, d]) => [c, d, c, d],
    ],
    'a scatter into a view': [
      (a) => a.transpose().scatter(Tensor.create(cpu, [1], i32(0)), Tensor.zeros(cpu, [1, 2]), 0),
      ([, b, , d]) => [0, 0, b, d],
    ],
    'two scatters': [
      (a) =>
        a
          .scatter(Tensor.create(cpu, [1], i32(0)), Tensor.ones(cpu, [1, 2]), 0)
          .scatter(Tensor.create(cpu, [1], i32(1)), Tensor.zeros(cpu, [1, 2]), 0),
      () => [1, 1, 0, 0],
    ],
  };
  test.each(Object.entries(rules))('%s', async (_, [next, expected]) => {
    const specs = { s: state('f32', [2, 2]), other: state('f32', [2, 2]) };
    await using program = await compile(cpu, specs, ({ s, other }) => ({
      seen: s.clone().mul(10),
      other: other.add(s.clone()),
      s: next(s as Tensor<Cpu, 'f32'>) as Tensor<Cpu, 'f32', [2, 2]>,
    }));
    await using fill = await compile(cpu, { x: spec('f32', [2, 2]), ...specs }, ({ x, s, other }) => {
      s.dispose();
      return { s: x, other };
    });
    const start = [1, 2, 3, 4];
    using memory = program.createState();
    await fill.run({ x: f32(...start) }, { state: memory });
    const { seen } = await program.run({}, { state: memory });
    expect([...seen]).toEqual(start.map((v) => 10 * v));
    expect([...memory.read('s')]).toEqual(expected(start));
    expect([...memory.read('other')]).toEqual(start);
  });

  test('states that change places', async () => {
    await using program = await compile(cpu, { a: state('f32', [2]), b: state('f32', [2]) }, ({ a, b }) => ({
      a: b.add(1),
      b: a.sub(1),
      sum: Tensor.ones(cpu, [1]),
    }));
    await using swap = await compile(cpu, { a: state('f32', [2]), b: state('f32', [2]) }, ({ a, b }) => ({
      a: b,
      b: a,
    }));
    using memory = program.createState();
    await program.run({}, { state: memory }); // a = 1, b = -1
    await swap.run({}, { state: memory });
    expect([...memory.read('a'), ...memory.read('b')]).toEqual([-1, -1, 1, 1]);
  });

  test('a saved program keeps its states', async () => {
    await using program = await cached();
    await program.prepare({ x: [1, 2], at: [1] });
    await using again = await Program.fromBytes(cpu, program.toBytes());
    using memory = again.createState();
    await again.run({ x: f32(1, 2), at: i32(2) }, { state: memory });
    expect([...memory.read('cache')]).toEqual([0, 0, 0, 0, 1, 2, 0, 0]);
  });

  test('memory is zeros, also where memory was used before, and goes with dispose', async () => {
    const n = 3000;
    await using program = await compile(cpu, { s: state('f32', [n]) }, ({ s }) => ({ s: s.add(1) }));
    const before = cpu.memory().liveBytes;
    for (let i = 0; i < 50; i++) {
      using memory = program.createState();
      await program.run({}, { state: memory });
      expect(memory.read('s').every((v) => v === 1)).toBe(true);
    }
    expect(cpu.memory().liveBytes).toBe(before);
  });

  test('one run at a time, and a disposed state ends after its run', async () => {
    const n = 1 << 20;
    await using program = await compile(cpu, { s: state('f32', [n]) }, ({ s }) => ({
      s: s.exp().sin().cos(),
    }));
    const memory = program.createState();
    const first = program.run({}, { state: memory });
    await expect(program.run({}, { state: memory })).rejects.toMatchObject({ code: 'ERR_BUSY' });
    expect(() => memory.read('s')).toThrow(expect.objectContaining({ code: 'ERR_BUSY' }));
    memory.dispose();
    await first;
    await expect(program.run({}, { state: memory })).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  test('what does not fit is refused', async () => {
    await using program = await cached();
    const run = (options: object) => program.run({ x: f32(1, 2), at: i32(0) }, options);
    await expect(run({})).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(run({ state: {} })).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await using other = await compile(cpu, { cache: state('f32', [4, 3]) }, ({ cache }) => ({
      cache: cache.add(1),
    }));
    using wrong = other.createState();
    await expect(run({ state: wrong })).rejects.toMatchObject({ code: 'ERR_SHAPE', expected: 'f32 [4, 2]' });
    await using second = await Cpu.create();
    await using theirs = await compile(second, { cache: state('f32', [4, 2]) }, ({ cache }) => ({
      cache: cache.add(1),
    }));
    using foreign = theirs.createState();
    await expect(run({ state: foreign })).rejects.toMatchObject({ code: 'ERR_DEVICE' });
    await using none = await compile(cpu, { x: spec('f32', [2]) }, ({ x }) => ({ y: x.neg() }));
    await expect(none.run({ x: f32(1, 2) }, { state: wrong })).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(compile(cpu, { s: state('f32', [2]) }, ({ s }) => ({ y: s.neg() }))).rejects.toMatchObject({
      code: 'ERR_SHAPE',
    });
    expect(() => state('f32', [null as never])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
