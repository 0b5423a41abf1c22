/** Files as bytes: mapped and read alike, larger than 4 GiB, and changed while they are open. */
import { execFileSync } from 'node:child_process';
import { constants } from 'node:buffer';
import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cpu, Tensor } from '../../../../lib/index.js';
import { arrayOf } from '../../../../lib/ir/safetensors.js';
import { openCheckpoint } from '../../../../lib/models/files/checkpoint.js';
import { openFile } from '../../../../lib/models/files/mapped.js';
import { bytes } from './gguf-maker.js';
import { refusal, tempFile, tempPath } from './temp.js';

/** As toEqual would have it, a hundred times quicker. */
const expectSame = (a: Uint8Array, b: Uint8Array): void => expect(Buffer.compare(a, b)).toBe(0);

const MIB = 2 ** 20;
const GIB = 2 ** 30;

describe.each([true, false])('openFile, map: %s', (map) => {
  it('shows every part', () => {
    const content = bytes(MIB + 123);
    const file = openFile(tempFile('x', content), { map });
    expect(file.size).toBe(content.length);
    for (const [begin, end] of [[0, 1], [0, content.length], [5, 5], [64, 128], [1001, 1003], [77, 900_001], [MIB, MIB + 123]]) {
      expectSame(file.part(begin, end), content.subarray(begin, end));
      if (begin < end) expect(file.part(begin, end).byteOffset % 64).toBe(map ? begin % 64 : 0);
    } // prettier-ignore
    file.verify();
    file.close();
  });

  it('keeps parts readable after close, and gives no more', () => {
    const content = bytes(MIB);
    const file = openFile(tempFile('x', content), { map });
    const [large, small] = [file.part(3, 900_000), file.part(0, 10)];
    file.close();
    file.close();
    file.trim();
    expectSame(large, content.subarray(3, 900_000));
    expectSame(small, content.subarray(0, 10));
    expect(() => file.part(0, 1)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }) as Error);
  });

  it('notices changes, but not of another file under the name', () => {
    const path = tempFile('x', bytes(MIB));
    const file = openFile(path, { map });
    file.verify();
    const past = new Date(1e12);
    utimesSync(path, past, past); // as if written to
    expect(() => file.verify()).toThrow(`${path}: the file was changed while it was in use`);
    file.close();
    const other = openFile(path, { map });
    renameSync(tempFile('y', bytes(10)), path);
    other.verify();
    expectSame(other.part(0, MIB), bytes(MIB));
    unlinkSync(path);
    other.verify();
    other.close();
  });
});

describe('openFile', () => {
  it('reads zeros, and says so, where a mapped file was cut', () => {
    const path = tempFile('x', new Uint8Array(MIB).fill(7));
    const file = openFile(path);
    const part = file.part(0, MIB);
    truncateSync(path, MIB / 2);
    expect(part[MIB / 2 - 1]).toBe(7);
    expect(part.subarray(MIB / 2).every((v) => v === 0)).toBe(true);
    expect(file.part(MIB / 2, MIB).every((v) => v === 0)).toBe(true);
    expect(() => file.verify()).toThrow('the file was changed while it was in use');
    writeFileSync(path, 'other'); // still the same file
    file.close();
    const read = openFile(tempFile('y', new Uint8Array(MIB)), { map: false });
    truncateSync(read.path, 10);
    expect(() => read.part(0, MIB)).toThrow(`${read.path}: the file was cut while it was in use`);
    read.close();
  });

  it('lets a run on every thread end where a file was cut', async () => {
    await using cpu = await Cpu.create();
    const n = 4 * MIB;
    const path = tempFile('x', new Uint8Array(new Float32Array(n).fill(1).buffer));
    const file = openFile(path);
    const data = file.part(0, 4 * n);
    truncateSync(path, 2 * n);
    const x = Tensor.create(cpu, [n], new Float32Array(data.buffer, data.byteOffset, n));
    expect(await x.sum().back()).toEqual(Float32Array.of(n / 2));
    expect(() => file.verify()).toThrow('changed');
    file.close();
  });

  it('lets JavaScript write without harm', () => {
    const path = tempFile('x', new Uint8Array(MIB).fill(7));
    const file = openFile(path);
    file.part(0, MIB).fill(9);
    file.close();
    const again = openFile(path);
    expect(again.part(0, MIB).every((v) => v === 7)).toBe(true);
    again.close();
  });

  it('never waits for what is no file', async () => {
    const pipe = tempPath('pipe');
    execFileSync('mkfifo', [pipe]);
    expect((await refusal(pipe)).message).toContain(
      `${pipe}: not a file: expected a regular file, got a pipe`,
    );
    expect((await refusal('/dev/zero')).message).toContain('got a device or socket');
    const folder = tempPath('folder');
    mkdirSync(folder);
    expect(() => openFile(folder)).toThrow('got a folder');
    const loop = tempPath('loop');
    symlinkSync(loop, loop);
    expect((await refusal(loop)).message).toContain('ELOOP');
  });
});

/** A sparse safetensors file: the header, and what is written at places of its data. */
function sparse(
  header: Record<string, { dtype: string; shape: number[] }>,
  written: Record<number, Uint8Array>,
): string {
  const path = tempPath('large.safetensors');
  const size = { U8: 1, F32: 4 } as Record<string, number>;
  let end = 0;
  const infos = Object.entries(header).map(([name, { dtype, shape }]) => {
    const begin = end;
    end += shape.reduce((a, b) => a * b, size[dtype]);
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const json = JSON.stringify(Object.fromEntries(infos));
  const text = Buffer.from(json.padEnd(Math.ceil((json.length + 8) / 64) * 64 - 8));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(text.length));
  const fd = openSync(path, 'w');
  writeSync(fd, Buffer.concat([head, text]));
  for (const [at, data] of Object.entries(written))
    writeSync(fd, data, 0, data.length, 8 + text.length + Number(at));
  closeSync(fd);
  truncateSync(path, 8 + text.length + end);
  return path;
}

describe('files over 4 GiB', () => {
  it('are read anywhere', async () => {
    const last = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    const path = sparse(
      {
        a: { dtype: 'U8', shape: [3, GIB] },
        b: { dtype: 'U8', shape: [2, GIB] },
        c: { dtype: 'F32', shape: [2] },
      },
      {
        0: Uint8Array.of(11),
        [3 * GIB]: Uint8Array.of(12),
        [5 * GIB - 1]: Uint8Array.of(13),
        [5 * GIB]: last,
      },
    );
    const checkpoint = await openCheckpoint(path);
    const { tensors } = checkpoint;
    const [a, b] = [tensors.get('a')!.data, tensors.get('b')!.data];
    expect([a.length, b.length]).toEqual([3 * GIB, 2 * GIB]);
    expect([a[0], a[3 * GIB - 1], b[0], b[2 * GIB - 1]]).toEqual([11, 0, 12, 13]);
    expect(arrayOf(tensors.get('c')!)).toEqual(Float32Array.of(1.5, -2));
    checkpoint.close();
  });

  it('may not have a tensor that is larger than an array can be', async () => {
    const rows = Math.ceil(constants.MAX_LENGTH / GIB) + 1;
    if (rows > 4096) return; // later versions of Node: no file system has room for one
    const path = sparse({ a: { dtype: 'U8', shape: [rows, GIB] } }, {});
    expect((await refusal(path, 'ERR_UNSUPPORTED')).message).toContain(
      `${path}: tensor 'a' has ${rows * GIB} bytes, more than an array of Node ${process.version} holds`,
    );
  });
});
