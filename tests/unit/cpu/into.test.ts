/** `program.run(inputs, { into })`: results in arrays of the caller's, on the real device. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, Cpu, spec } from '../../../lib/index.js';

/** As ES2024 has it. */
const resizable = (bytes: number): ArrayBuffer =>
  Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: 2 * bytes }]) as ArrayBuffer;
const f32 = (n: number, value = 1): Float32Array => new Float32Array(n).fill(value);

describe('results in given arrays', () => {
  let cpu: Cpu;
  beforeAll(async () => {
    cpu = await Cpu.create();
  });
  afterAll(() => cpu.close());

  test.each([4, 1 << 20])('%i elements are written there, with nothing allocated', async (n) => {
    await using program = await compile(cpu, { x: spec('f32', [null]) }, ({ x }) => ({ y: x.mul(2).exp() }));
    const y = f32(n, 9);
    await program.run({ x: f32(n) }, { into: { y } }); // prepares
    const before = cpu.counters().bytesAllocated;
    const result = await program.run({ x: f32(n, 0.5) }, { into: { y } });
    expect(result.y).toBe(y);
    expect(y[0]).toBeCloseTo(Math.E, 5);
    expect(y[n - 1]).toBeCloseTo(Math.E, 5);
    expect(cpu.counters().bytesAllocated).toBe(before);
  });

  test('what is no memory of its own is copied: inputs handed on, one value as two outputs, other outputs as ever', async () => {
    await using program = await compile(cpu, { x: spec('f32', [8]) }, ({ x }) => {
      const twice = x.clone().add(x.clone());
      return { same: x, a: twice.clone(), b: twice.clone(), c: twice.mul(3) };
    });
    const x = Float32Array.from({ length: 8 }, (_, i) => i);
    const [same, a] = [f32(8), f32(8)];
    const result = await program.run({ x }, { into: { same, a } });
    expect(result).toEqual({
      same: x,
      a: x.map((v) => 2 * v),
      b: x.map((v) => 2 * v),
      c: x.map((v) => 6 * v),
    });
    expect(result.same).toBe(same);
    expect(result.a).toBe(a);
    a.fill(0);
    expect(result.b[7]).toBe(14);
  });

  test('halves come as bits, subclasses as what they are', async () => {
    await using program = await compile(cpu, { x: spec('u8', [4]) }, ({ x }) => ({
      bytes: x.clone().add(1),
      half: x.to('f16'),
    }));
    const bytes = Buffer.alloc(4);
    const half = new Uint16Array(4);
    const result = await program.run({ x: Buffer.from([1, 2, 3, 4]) }, { into: { bytes, half } });
    expect(result.bytes).toBe(bytes);
    expect([...bytes]).toEqual([2, 3, 4, 5]);
    expect(half[0]).toBe(0x3c00);
  });

  test('what does not fit is refused, with nothing written', async () => {
    await using program = await compile(cpu, { x: spec('f32', [4]) }, ({ x }) => ({
      y: x.clone().add(1),
      z: x.mul(2),
    }));
    const x = f32(4);
    const memory = new ArrayBuffer(32);
    const bad: [object, string][] = [
      [{ y: f32(5) }, 'ERR_SHAPE'],
      [{ y: new Int32Array(4) }, 'ERR_DTYPE'],
      [{ y: [1, 2, 3, 4] }, 'ERR_DTYPE'],
      [{ other: f32(4) }, 'ERR_SHAPE'],
      [{ y: x }, 'ERR_LAYOUT'],
      [{ y: new Float32Array(memory, 0, 4), z: new Float32Array(memory, 12, 4) }, 'ERR_LAYOUT'],
      [{ y: new Float32Array(resizable(16)) }, 'ERR_SHAPE'],
    ];
    for (const [into, code] of bad) {
      await expect(program.run({ x }, { into: into as never })).rejects.toMatchObject({
        name: 'MiaError',
        code,
      });
    }
    expect(x).toEqual(f32(4));
    const side = new Float32Array(memory, 16, 4);
    expect((await program.run({ x }, { into: { y: new Float32Array(memory, 0, 4), z: side } })).z).toBe(side);
  });

  test('arrays whose class lies about them are taken as what they are', async () => {
    class Liar extends Float32Array {
      override get length(): number {
        return 1 << 20;
      }
      override get byteOffset(): number {
        return 64;
      }
    }
    await using program = await compile(cpu, { x: spec('f32', [null]) }, ({ x }) => ({ y: x.add(1) }));
    expect((await program.run({ x: new Liar(4) })).y).toEqual(f32(4));
    const into = new Liar(4);
    await program.run({ x: f32(4) }, { into: { y: into } });
    expect(new Float32Array(into.buffer)).toEqual(f32(4, 2));
  });
});
