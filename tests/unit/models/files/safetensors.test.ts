import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { arrayOf, writeSafetensors, type StoredTensor } from '../../../../lib/ir/safetensors.js';
import { openCheckpoint } from '../../../../lib/models/files/checkpoint.js';
import { CheckpointWriter } from '../../../../lib/models/files/writer.js';
import { bytes } from './gguf-maker.js';
import { refusal, tempFile, tempPath } from './temp.js';

const f32 = (...values: number[]): StoredTensor => ({
  dtype: 'f32',
  shape: [values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
});
const INDEX = 'model.safetensors.index.json';

/** A model folder of these files. */
function folder(files: Record<string, Uint8Array | string | object>): string {
  const path = tempPath('model');
  mkdirSync(path);
  for (const [name, content] of Object.entries({ 'config.json': { model_type: 'x' }, ...files })) {
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(path, name), isRaw ? content : JSON.stringify(content));
  }
  return path;
}
const index = (weight_map: unknown): object => ({ metadata: { total_size: 8 }, weight_map });
const a = writeSafetensors([['a', f32(1, 2)]]);
const b = writeSafetensors([['b', f32(3)]]);

describe('openCheckpoint', () => {
  it('opens a folder, a file, and shards', async () => {
    const whole = folder({ 'model.safetensors': a });
    for (const path of [whole, join(whole, 'model.safetensors')]) {
      const checkpoint = await openCheckpoint(path);
      expect(checkpoint).toMatchObject({ path, format: 'safetensors', bytes: a.length });
      expect(checkpoint.config).toEqual(path === whole ? { model_type: 'x' } : {});
      expect(arrayOf(checkpoint.tensors.get('a')!)).toEqual(Float32Array.of(1, 2));
      checkpoint.verify();
      checkpoint.trim();
      expect(arrayOf(checkpoint.tensors.get('a')!)).toEqual(Float32Array.of(1, 2));
      checkpoint.close();
    }
    const shards = folder({
      'model-1.safetensors': a,
      'model-2.safetensors': b,
      [INDEX]: index({ b: 'model-2.safetensors', a: 'model-1.safetensors' }),
    });
    const checkpoint = await openCheckpoint(shards);
    expect([...checkpoint.tensors.keys()].sort()).toEqual(['a', 'b']);
    expect(arrayOf(checkpoint.tensors.get('b')!)).toEqual(Float32Array.of(3));
    expect(checkpoint.bytes).toBe(a.length + b.length);
    checkpoint.close();
  });

  it('follows links to files elsewhere, as the hub cache has them', async () => {
    const path = folder({});
    symlinkSync(tempFile('blob', a), join(path, 'model.safetensors'));
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint.tensors.size).toBe(1);
    checkpoint.close();
  });

  it('leaves unaligned tensors as they lie; arrayOf copies them', async () => {
    const text = JSON.stringify({
      x: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
      y: { dtype: 'F32', shape: [2], data_offsets: [1, 9] },
    });
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(text.length));
    const values = Buffer.from(Float32Array.of(5, 6).buffer);
    const path = tempFile('odd.safetensors', Buffer.concat([head, Buffer.from(text), Buffer.of(1), values]));
    const checkpoint = await openCheckpoint(path);
    expect(arrayOf(checkpoint.tensors.get('y')!)).toEqual(Float32Array.of(5, 6));
    checkpoint.close();
  });

  const cases: [string, () => string, string][] = [
    ['no such path', () => tempPath('nothing'), 'there is no such file'],
    ['an empty file', () => tempFile('model.safetensors', ''), 'the file is empty'],
    ['a file too short for a header', () => tempFile('model.safetensors', 'abc'), 'too short'],
    ['a folder without config.json', () => join(folder({}), '..'), 'config.json: there is no such file'],
    ['a folder without weights', () => folder({}), `no weights: expected model.safetensors or ${INDEX}`],
    ['a config that is no JSON', () => folder({ 'config.json': '{' }), 'config.json: is not JSON'],
    ['a config that is no object', () => folder({ 'config.json': '[]' }), 'bad JSON: expected an object'],
    ['a config that is no text', () => folder({ 'config.json': Buffer.of(0x7b, 0xff) }), 'is not UTF-8'],
    ['a config that says things twice', () => folder({ 'config.json': '{"a":1,"a":2}' }), 'names a key twice'],
    ['a config nested without end', () => folder({ 'config.json': '['.repeat(1e5) }), 'nested deeper than 64'],
    ['an index without weight_map', () => folder({ [INDEX]: {} }), 'bad weight_map'],
    ['an index that is a list', () => folder({ [INDEX]: '[]' }), 'bad JSON'],
    ['a shard that is missing', () => folder({ [INDEX]: index({ a: 'm.safetensors' }) }), 'm.safetensors: there is no such file'],
    ['a tensor that its shard lacks', () => folder({ 'm.safetensors': a, [INDEX]: index({ a: 'm.safetensors', z: 'm.safetensors' }) }), "m.safetensors: tensor 'z' of model.safetensors.index.json is missing"],
    ['a tensor in two shards', () => folder({ '1.safetensors': a, '2.safetensors': writeSafetensors([['a', f32(1)], ['b', f32(2)]]), [INDEX]: index({ a: '1.safetensors', b: '2.safetensors' }) }), "2.safetensors: tensor 'a' is out of place: expected it in '1.safetensors' only"],
    ['a tensor that the index does not know', () => folder({ '1.safetensors': writeSafetensors([['a', f32(1)], ['b', f32(2)]]), [INDEX]: index({ a: '1.safetensors' }) }), "tensor 'b' is out of place"],
    ['a shard that is the index', () => folder({ [INDEX]: index({ a: INDEX }) }), "tensor 'a': bad shard"],
    ['a shard that is no safetensors file', () => folder({ 'm.safetensors': 'x'.repeat(99), [INDEX]: index({ a: 'm.safetensors' }) }), 'm.safetensors: bad header length'],
    ...['../m.safetensors', '/etc/m.safetensors', 'x/../m.safetensors', '..', '', 'm.bin', '..\\m.safetensors'].map((shard): [string, () => string, string] => [
      `the shard '${shard}'`, () => folder({ [INDEX]: index({ a: shard }) }), "tensor 'a': bad shard: expected the name of a .safetensors file in the same folder",
    ]),
    ['a shard that is no name', () => folder({ [INDEX]: index({ a: 1 }) }), "tensor 'a': bad shard"],
    ['a path with a zero byte', () => 'a\0b', 'null bytes'],
    ['a path through a file', () => join(tempFile('x', 'y'), 'z'), 'ENOTDIR'],
  ]; // prettier-ignore
  it.each(cases)('refuses %s', async (_, path, message) => {
    expect((await refusal(path())).message).toContain(message);
  });

  it('names file and tensor of a type that Mia lacks', async () => {
    const text = Buffer.from('{"w":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}');
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(text.length));
    const path = tempFile('model.safetensors', Buffer.concat([head, text, Buffer.of(1)]));
    const error = await refusal(path, 'ERR_UNSUPPORTED');
    expect(error.message).toContain(`openCheckpoint: ${path}: tensor 'w' has dtype F8_E4M3`);
  });
});

describe('blocks in safetensors', () => {
  const u8 = (...shape: number[]): StoredTensor => ({
    dtype: 'u8',
    shape,
    data: bytes(shape.reduce((x, y) => x * y, 1)),
  });
  const saying = (text: string, tensor = u8(3, 2, 34)): string =>
    tempFile('q.safetensors', writeSafetensors([['q', tensor]], [['mia.blocks', text]]));

  it('come back as they were written', async () => {
    const path = tempPath('out.safetensors');
    const data = bytes(3 * 2 * 34);
    {
      await using file = await CheckpointWriter.create(
        path,
        [
          ['q', { dtype: 'q8_0', shape: [3, 64] }],
          ['n', { dtype: 'f32', shape: [2] }],
        ],
        [['format', 'pt']],
      );
      await file.write('n', f32(1, 2).data);
      for (let i = 0; i < data.length; i += 50) await file.write('q', data.subarray(i, i + 50));
      await file.finish();
    }
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint.tensors.get('q')).toMatchObject({ dtype: 'q8_0', shape: [3, 64] });
    expect(new Uint8Array(checkpoint.tensors.get('q')!.data)).toEqual(data);
    expect(arrayOf(checkpoint.tensors.get('n')!)).toEqual(Float32Array.of(1, 2));
    expect(checkpoint.metadata.get('format')).toBe('pt');
    checkpoint.close();
  });

  it.each([
    ['no JSON', 'x', undefined, 'mia.blocks is not JSON'],
    ['a list', '[]', undefined, 'mia.blocks is not understood'],
    ['a dtype without blocks', '{"q":"f32"}', undefined, "mia.blocks has a bad dtype for 'q'"],
    ['a tensor that is not there', '{"z":"q8_0"}', undefined, 'got no such tensor'],
    ['blocks of another size', '{"q":"q4_0"}', undefined, 'expected u8 [..., n, 18], got u8 [3, 2, 34]'],
    ['no blocks', '{"q":"q8_0"}', u8(34), 'expected u8 [..., n, 34]'],
    [
      'other bytes',
      '{"q":"q8_0"}',
      { ...u8(1, 34), dtype: 'i8' as const },
      'expected u8 [..., n, 34], got i8',
    ],
  ])('refuse %s', async (_, text, tensor, message) => {
    expect((await refusal(saying(text, tensor))).message).toContain(message);
  });
});
