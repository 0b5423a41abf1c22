import { expect } from 'vitest';

const sizes: Record<string, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

interface Info {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** The format's description turned into checks, apart from the library: what any other reader would see. */
export function readSafetensors(file: Uint8Array) {
  const buffer = Buffer.from(file);
  const length = Number(buffer.readBigUInt64LE(0));
  const text = buffer.toString('utf8', 8, 8 + length);
  expect(text).toMatch(/^\{/);
  const { __metadata__: metadata = {}, ...infos } = JSON.parse(text) as Record<string, Info> & {
    __metadata__?: Record<string, string>;
  };
  for (const value of Object.values(metadata)) expect(typeof value).toBe('string');
  const body = buffer.subarray(8 + length);
  const tensors = Object.entries(infos).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      expect(end - begin).toBe(shape.reduce((a, b) => a * b, 1) * sizes[dtype]);
      return { name, dtype, shape, begin, end, start: 8 + length + begin, data: body.subarray(begin, end) };
    },
  );
  let covered = 0;
  for (const { begin, end } of [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    expect(begin).toBe(covered);
    covered = end;
  }
  expect(covered).toBe(body.length);
  return { metadata, tensors: new Map(tensors.map((t) => [t.name, t])) };
}
