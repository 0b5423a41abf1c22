import { describe, expect, it } from 'vitest';
import { printAttrs, printMermaid, printTape } from '../../../lib/ir/print.js';
import { trace, type TapeData } from '../../../lib/ir/tape.js';
import { Layout } from '../../../lib/layout/index.js';
import { fakeDevice } from '../fake-device.js';
import { full, lend, on, placeholder, ramp } from './helpers.js';

const device = fakeDevice();

/** A dense layer, a column-major leaf, a view, a named input, two outputs. */
function example(): TapeData {
  const x = placeholder(device, 'f32', [3, 4]);
  const w = lend(device, ramp(8), Layout.colMajor([4, 2]));
  const hidden = on('gelu', [on('matmul', [x, w])], { approximate: 'tanh' });
  const scaled = on('mul', [hidden, full(device, -0, 'f32')]);
  const flat = on('reshape', [scaled], { shape: [2, -1] });
  return trace([flat.peek('test'), hidden.peek('test')], new Map([[x.peek('test'), 'pixel "values"']])).tape;
}

describe('printTape', () => {
  it('prints the first example of the design', () => {
    const [a, b] = [ramp(768 * 1024), ramp(768 * 1024)].map((data) => lend(device, data, [768, 1024]));
    expect(printTape(trace([on('add', [a, b]).peek('test')]).tape)).toBe(
      [
        '%0 = leaf f32 [768, 1024]',
        '%1 = leaf f32 [768, 1024]',
        '%2 = add %0, %1 : f32 [768, 1024]',
        'return %2',
      ].join('\n'),
    );
  });

  it('shows names, layouts and attributes', () => {
    expect(`\n${printTape(example())}\n`).toBe(`
%0 = leaf "pixel \\"values\\"" f32 [3, 4]
%1 = leaf f32 [4, 2] (4,2):(1,4)
%2 = matmul %0, %1 : f32 [3, 2]
%3 = gelu %2 {approximate: "tanh"} : f32 [3, 2]
%4 = full {value: -0, dtype: "f32", shape: []} : f32 []
%5 = mul %3, %4 : f32 [3, 2]
%6 = reshape %5 {shape: [2, -1]} : f32 [2, 3]
return %6, %3
`);
  });

  it('quotes what could be read as something else', () => {
    const tape: TapeData = {
      entries: [{ op: 'a\n%1 = b', inputs: [], attrs: { 'x y': 1 }, dtype: 'i8', shape: [] }],
      outputs: [0],
    };
    expect(printTape(tape)).toBe('%0 = "a\\n%1 = b" {"x y": 1} : i8 []\nreturn %0');
  });
});

describe('printMermaid', () => {
  it('draws leaves, ops and outputs', () => {
    expect(`\n${printMermaid(example())}\n`).toBe(`
graph TD
  n0[("leaf #34;pixel #92;#34;values#92;#34;#34; f32 [3, 4]")]
  n1[("leaf f32 [4, 2] (4,2):(1,4)")]
  n2["matmul f32 [3, 2]"]
  n3(["gelu {approximate: #34;tanh#34;} f32 [3, 2]"])
  n4["full {value: -0, dtype: #34;f32#34;, shape: []} f32 []"]
  n5["mul f32 [3, 2]"]
  n6(["reshape {shape: [2, -1]} f32 [2, 3]"])
  n0 --> n2
  n1 --> n2
  n2 --> n3
  n3 --> n5
  n4 --> n5
  n5 --> n6
`);
  });

  it('lets no label end early or run long', () => {
    const attrs = { text: '"]\n  x --> y %% <b>`é😀' + 'z'.repeat(500) };
    const text = printMermaid({
      entries: [{ op: 'o', inputs: [], attrs, dtype: 'f32', shape: [] }],
      outputs: [],
    });
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toMatch(
      /^graph TD\n {2}n0\["o \{text: #34;#92;#34;\]#92;n {2}x --#62; y #37;#37; #60;b#62;#96;#233;#128512;z+\.\.\."\]$/,
    );
  });
});

describe('printAttrs', () => {
  it('never throws', () => {
    const cycle: Record<string, never> = {};
    (cycle as Record<string, unknown>).again = cycle;
    expect(printAttrs({ a: NaN, b: undefined as never, c: null, d: [true, { e: 's' }] })).toBe(
      '{a: NaN, c: null, d: [true, {e: "s"}]}',
    );
    expect(printAttrs(cycle)).toContain('...');
    expect(printAttrs({})).toBe('');
  });
});
