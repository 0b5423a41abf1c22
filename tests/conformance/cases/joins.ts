/** Tensors put together and taken apart: concat, stack, split, pad. */
import { Tensor } from '../../../lib/index.js';
import { any, input, mixed, type Case, type T } from '../case.js';
import * as ref from '../reference/index.js';
import { allTypes } from '../reference/numbers.js';

const joined = allTypes.flatMap((dtype, i): Case[] => {
  const parts = [
    [[3], [5], [1]],
    [
      [2, 3],
      [2, 0],
      [2, 4],
    ],
    [
      [2, 3, 4],
      [1, 3, 4],
      [3, 3, 4],
    ],
    [
      [65, 17],
      [2, 17],
      [33, 17],
    ],
  ][i % 4];
  const axis = [0, -1, 0, 0][i % 4];
  const same = [
    [3, 5],
    [3, 5],
    [3, 5],
  ];
  const inputs = (shapes: readonly (readonly number[])[]) =>
    shapes.map((shape) => input(dtype, shape, mixed));
  return [
    {
      name: `concat ${dtype} along ${axis}`,
      inputs: inputs(parts),
      run: (x) => x[0].concat(x.slice(1), axis),
      expect: (x) => ref.concat(x, axis),
    },
    {
      name: `stack ${dtype} along ${(i % 4) - 1}`,
      inputs: inputs(same),
      run: (x) => (i % 4 === 3 ? Tensor.stack(x, 2) : x[0].stack(x.slice(1), (i % 4) - 1)),
      expect: (x) => ref.stack(x, i % 4 === 3 ? 2 : (i % 4) - 1),
    },
    {
      name: `pad ${dtype}`,
      inputs: inputs([[3, 5]]),
      run: ([x]) =>
        x.pad(
          [
            [1, 0],
            [2, 3],
          ],
          dtype === 'bool' ? 1 : 7,
        ),
      expect: ([x]) =>
        ref.pad(
          x,
          [
            [1, 0],
            [2, 3],
          ],
          ref.scalar(dtype === 'bool' ? 1 : 7, dtype),
        ),
    },
    {
      name: `split ${dtype} by sizes`,
      inputs: inputs([[4, 6]]),
      run: ([x]) => x.split([1, 0, 5], 1),
      expect: ([x]) => ref.split(x, [1, 0, 5], 1),
    },
    {
      name: `split ${dtype} in 2`,
      inputs: inputs([[4, 6]]),
      run: ([x]) => x.split(2),
      expect: ([x]) => ref.split(x, 2),
    },
  ];
});
const joins: readonly Case[] = [
  {
    name: 'concat of one',
    inputs: [input('f32', [3])],
    run: (x) => Tensor.concat(x, 0),
    expect: (x) => ref.concat(x),
  },
  {
    name: 'concat of a tensor with itself',
    inputs: [input('f32', [3, 4])],
    run: ([x]) => x.clone().concat([x.clone(), x], 1),
    expect: ([x]) => ref.concat([x, x, x], 1),
  },
  {
    name: 'concat of computed parts',
    inputs: [input('f32', [4, 9]), input('f32', [4, 3])],
    run: ([a, b]) =>
      a
        .clone()
        .abs()
        .concat([b.add(1), a], 1),
    expect: ([a, b]) => ref.concat([ref.abs(a), ref.add(b, ref.scalar(1, 'f32')), a], 1),
  },
  {
    name: 'concat of concats',
    inputs: [input('i16', [2, 3]), input('i16', [2, 3])],
    run: ([a, b]) =>
      a
        .clone()
        .concat([b.clone()], 0)
        .concat([b.concat([a], 0)], 1),
    expect: ([a, b]) => ref.concat([ref.concat([a, b], 0), ref.concat([b, a], 0)], 1),
  },
  {
    name: 'split and concat again',
    inputs: [input('f32', [4, 6])],
    run: ([x]) => {
      const [a, b, c] = x.split(3, 1) as [T, T, T];
      return c.concat([a, b], 1);
    },
    expect: ([x]) => {
      const [a, b, c] = ref.split(x, 3, 1) as [ref.Ref, ref.Ref, ref.Ref];
      return ref.concat([c, a, b], 1);
    },
  },
  { name: 'pad nothing', inputs: [input('f32', [3])], run: ([x]) => x.pad([[0, 0]]), expect: ([x]) => x },
  {
    name: 'pad an empty tensor',
    inputs: [input('f32', [0, 2])],
    run: ([x]) =>
      x.pad(
        [
          [2, 1],
          [0, 1],
        ],
        -1,
      ),
    expect: ([x]) =>
      ref.pad(
        x,
        [
          [2, 1],
          [0, 1],
        ],
        ref.scalar(-1, 'f32'),
      ),
  },
  { name: 'pad a scalar', inputs: [input('f32', [], any)], run: ([x]) => x.pad([]), expect: ([x]) => x },
  {
    name: 'pad with infinity',
    inputs: [input('f32', [65, 3])],
    run: ([x]) =>
      x.pad(
        [
          [3, 3],
          [1, 0],
        ],
        -Infinity,
      ),
    expect: ([x]) =>
      ref.pad(
        x,
        [
          [3, 3],
          [1, 0],
        ],
        ref.scalar(-Infinity, 'f32'),
      ),
  },
];

export const joinCases: readonly Case[] = [...joined, ...joins];
