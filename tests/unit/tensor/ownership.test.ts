import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Device, Root } from '../../../lib/device.js';
import { MiaError } from '../../../lib/errors.js';
import { settle } from '../../../lib/ir/node.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { fakeDevice } from '../fake-device.js';
import { failure, zeros, type Any } from './helpers.js';

let device: Device;
const live = (): number => device.memory().liveTensors;
beforeEach(() => {
  device = fakeDevice();
});
/** Every test here ends what it made. */
afterEach(() => {
  expect(device.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
});

/** Lets the fake device compute: each root gets memory of its own. */
function evaluateWith(work: (roots: readonly Root[]) => void): void {
  const core = device.core as { evaluate: Device['core']['evaluate'] };
  core.evaluate = async (roots) => {
    work(roots);
    return roots.map(() => new Float32Array(2));
  };
}

describe('an op consumes', () => {
  test('its tensors, and hands one back', () => {
    const [a, b] = [zeros(device, [2]), zeros(device, [2])];
    expect(live()).toBe(2);
    const c = a.add(b);
    expect([a.moved, b.moved, c.moved, live()]).toEqual([true, true, false, 1]);
    c.dispose();
  });

  test('one handle of a value, not the others', () => {
    const a = zeros(device, [2]);
    const b = a.clone();
    expect(b.id).toBe(a.id);
    const c = a.exp();
    expect(b.moved).toBe(false);
    b.dispose();
    c.dispose();
  });

  test('its tensors also where it records nothing', () => {
    const a = zeros(device, [2]);
    const b = a.to('f32');
    expect([a.moved, b.id === a.id, live()]).toEqual([true, true, 1]);
    b.dispose();
  });

  test.each(['split', 'topk', 'argmax', 'slice', 'stack'] as const)(
    'once in %s, which records several',
    (name) => {
      const a = zeros(device, [4, 4]);
      const results: Record<typeof name, () => Any[]> = {
        split: () => a.split(2),
        topk: () => Object.values(a.topk(1)),
        argmax: () => [a.argmax()],
        slice: () => [a.slice([0])],
        stack: () => [a.stack([zeros(device, [4, 4])])],
      };
      const made = results[name]();
      expect([a.moved, live()]).toEqual([true, made.length]);
      for (const t of made) t.dispose();
    },
  );
});

describe('a moved tensor', () => {
  const moved = (): Any => {
    const a = zeros(device, [2, 3]);
    a.neg().dispose();
    return a;
  };
  const uses: [string, (t: Any) => unknown][] = [
    ['exp', (t) => t.exp()],
    ['softmax', (t) => t.softmax()],
    ['clone', (t) => t.clone()],
    ['slice', (t) => t.slice([0])],
    ['split', (t) => t.split(2)],
    ['to', (t) => t.to('f32')],
    ['contiguous', (t) => t.contiguous()],
    ['tape', (t) => t.tape],
  ];
  test.each(uses)('says so to %s, and what consumed it', (op, use) => {
    const a = moved();
    const error = failure(() => use(a));
    expect(error).toMatchObject({ code: 'ERR_TENSOR_MOVED', op });
    expect(error.message).toBe(
      `${op}: tensor #${a.id} f32 [2, 3] was already given to neg; clone() it before, to use it twice`,
    );
  });

  test('rejects what is asynchronous', async () => {
    for (const use of [(t: Any) => t.back(), (t: Any) => t.realize(), (t: Any) => t.explain()]) {
      await expect(use(moved())).rejects.toMatchObject({ code: 'ERR_TENSOR_MOVED' });
    }
  });

  test('as an operand leaves the others alone', () => {
    const [a, b] = [zeros(device, [2, 3]), moved()];
    expect(failure(() => a.add(b)).message).toContain(`tensor #${b.id} f32 [2, 3] was already given to neg`);
    expect(a.moved).toBe(false);
    a.dispose();
  });
});

describe('the same handle twice', () => {
  const calls: [string, (a: Any) => unknown][] = [
    ['add', (a) => a.add(a)],
    ['concat', (a) => Tensor.concat([a.clone(), a, a])],
    ['where', (a) => a.gt(0).where(a, a)],
  ];
  test('is refused, and consumes nothing', () => {
    const a = zeros(device, [2]);
    const error = failure(() => a.add(a));
    expect(error).toMatchObject({ code: 'ERR_TENSOR_MOVED', op: 'add' });
    expect(error.message).toBe(`add: the same handle, tensor #${a.id}, is given twice; clone() it`);
    expect(live()).toBe(1);
    a.add(a.clone()).dispose();
  });
  test.each(calls)('in %s', (_, call) => {
    expect(failure(() => call(zeros(fakeDevice(), [2]))).code).toBe('ERR_TENSOR_MOVED');
  });
});

describe('dispose', () => {
  test('frees now, twice does nothing', () => {
    const a = Tensor.create(device, [4], new Float32Array(4));
    expect(device.memory().liveBytes).toBe(16);
    a.dispose();
    expect(device.memory().liveBytes).toBe(0);
    a.dispose();
    expect(failure(() => a.exp()).message).toContain('was already given to dispose');
  });

  test('after a move does nothing', () => {
    const a = Tensor.create(device, [4], new Float32Array(4));
    const b = a.exp();
    a.dispose();
    expect(device.memory()).toMatchObject({ liveTensors: 1, liveBytes: 16 });
    b.dispose();
  });

  test('comes with using', () => {
    {
      using a = zeros(device, [2]);
      using b = a.clone();
      expect(b.exp().mul(2).dispose()).toBeUndefined();
      expect(live()).toBe(1);
    }
    expect(live()).toBe(0);
  });

  test('works on a closed device', async () => {
    const a = Tensor.create(device, [4], new Float32Array(4));
    await device.close();
    a.dispose();
  });
});

test('a node counts its handles and its consumers', () => {
  const a = zeros(device, [2]);
  const node = a.peek('test');
  const b = a.clone();
  expect(node.refs).toBe(2);
  const c = b.exp();
  expect(node.refs).toBe(2); // a, and exp
  a.dispose();
  expect(node.refs).toBe(1);
  c.dispose();
  expect(node.refs).toBe(0);
});

test('what lies between the ops of one method has no handle', () => {
  const y = zeros(device, [2, 3]).slice([0]);
  expect(y.peek('test').inputs[0].refs).toBe(1);
  y.dispose();
});

test('back consumes, and gives the references back even if the run fails', async () => {
  const a = Tensor.create(device, [2], new Float32Array(2)).exp();
  evaluateWith(() => {
    throw new MiaError('ERR_OUT_OF_MEMORY', 'run', 'no');
  });
  await expect(a.back()).rejects.toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
  expect(a.moved).toBe(true);
});

test('backAll consumes all in one evaluation', async () => {
  const [a, b] = [zeros(device, [2]), zeros(device, [2])];
  let count = 0;
  evaluateWith((roots) => (count = roots.length));
  expect(await Tensor.backAll([a, b])).toEqual([new Float32Array(2), new Float32Array(2)]);
  expect(count).toBe(2);
});

test('realize keeps the handle, and lets go of what led to it', async () => {
  const a = Tensor.create(device, [2], new Float32Array(2)).exp();
  evaluateWith(([{ node }]) => settle(node, device.core.borrow(new Float32Array(8))));
  expect(await a.realize()).toBe(a);
  expect(device.memory()).toMatchObject({ liveTensors: 1, liveBytes: 32 });
  a.dispose();
});

test('a handle shows itself', () => {
  const a = zeros(device, [2, 3]);
  const inspect = Symbol.for('nodejs.util.inspect.custom') as never;
  const text = (): unknown => (a[inspect] as () => string).call(a);
  expect(text()).toBe(`Tensor<cpu, f32, [2, 3]> #${a.id}`);
  a.dispose();
  expect(text()).toBe(`Tensor<cpu, f32, [2, 3]> #${a.id} (moved)`);
});
