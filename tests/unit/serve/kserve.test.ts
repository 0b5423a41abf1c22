/** The Open Inference Protocol, as JSON and with binary tensors. */
import { describe, expect, test } from 'vitest';
import { loadModel } from '../../../lib/models/index.js';
import { folderOf } from '../models/fixtures.js';
import { stories, useServer } from './server.js';

const server = useServer();
const HEADER = 'inference-header-content-length';

/** A body of JSON and the bytes after it. */
function binary(json: object, ...parts: Uint8Array[]): [Uint8Array, Record<string, string>] {
  const head = Buffer.from(JSON.stringify(json));
  return [Buffer.concat([head, ...parts]), { [HEADER]: String(head.length) }];
}
const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

test('the server and its health', async () => {
  expect((await server.get('/v2')).json).toMatchObject({ name: 'mia', extensions: ['binary_tensor_data'] });
  expect(await server.get('/v2/health/live')).toMatchObject({ status: 200, json: { live: true } });
  expect(await server.get('/v2/health/ready')).toMatchObject({ status: 200, json: { ready: true } });
});

describe('models', () => {
  test('say what they take and give', async () => {
    const { json } = await server.get('/v2/models/encoder');
    expect(json).toMatchObject({ name: 'encoder', versions: ['1'], platform: 'mia_bert' });
    expect(json.inputs[0]).toEqual({ name: 'input_ids', datatype: 'INT64', shape: [-1, -1] });
    expect(json.outputs.map(({ name }: { name: string }) => name)).toEqual([
      'last_hidden_state',
      'pooler_output',
      'embedding',
    ]);
    const names = ['label', 'score'];
    const { outputs } = (await server.get('/v2/models/seeing/versions/1')).json;
    expect(outputs.slice(-2).map(({ name }: { name: string }) => name)).toEqual(names);
  });

  test('are ready, or not there', async () => {
    expect(await server.get('/v2/models/stories/ready')).toMatchObject({
      status: 200,
      json: { ready: true },
    });
    const { status, json } = await server.get('/v2/models/nobody/ready');
    expect({ status, json }).toEqual({ status: 404, json: { error: expect.stringContaining('nobody') } });
  });
});

describe('tensors', () => {
  const shape = [2, 4];
  const data = [5, 9, 12, 3, 7, 30, 2, 4];
  const path = '/v2/models/encoder/infer';

  test('as JSON, flat and nested', async () => {
    await using model = await loadModel(folderOf('sentences-mean'));
    const direct = await model.forward({ input_ids: { data: Int32Array.from(data), shape } });
    const rows = Array.from({ length: shape[0] }, (_, i) => data.slice(i * shape[1], (i + 1) * shape[1]));
    for (const given of [data, rows]) {
      const { json } = await server.post(path, {
        id: 'a',
        inputs: [{ name: 'input_ids', datatype: 'INT64', shape, data: given }],
        outputs: [{ name: 'last_hidden_state' }],
      });
      expect(json).toMatchObject({ model_name: 'encoder', model_version: '1', id: 'a' });
      const [output, ...more] = json.outputs;
      expect(more).toEqual([]);
      expect(output).toMatchObject({ name: 'last_hidden_state', datatype: 'FP32', shape: [...shape, 32] });
      expect(Float32Array.from(output.data)).toEqual(direct.last_hidden_state.data);
    }
  });

  test.each([
    ['INT32', Int32Array.from(data)],
    ['INT64', BigInt64Array.from(data.map(BigInt))],
    ['UINT8', Uint8Array.from(data)],
  ])('as bytes: %s', async (datatype, array) => {
    const size = { binary_data_size: array.byteLength };
    const [body, headers] = binary(
      {
        inputs: [{ name: 'input_ids', datatype, shape, parameters: size }],
        parameters: { binary_data_output: true },
      },
      bytesOf(array),
    );
    const response = await fetch(`${server.url}${path}`, { method: 'POST', body, headers });
    const answer = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get(HEADER));
    const { outputs } = JSON.parse(answer.subarray(0, length).toString());
    const json = (
      await server.post(path, { inputs: [{ name: 'input_ids', datatype: 'INT32', shape, data }] })
    ).json;
    let at = length;
    outputs.forEach(({ parameters }: { parameters: { binary_data_size: number } }, i: number) => {
      const bytes = new Uint8Array(answer.subarray(at, (at += parameters.binary_data_size)));
      expect(new Float32Array(bytes.buffer)).toEqual(Float32Array.from(json.outputs[i].data));
    });
    expect(at).toBe(answer.length);
  });
});

describe('texts and images', () => {
  test('written, as JSON and as bytes', async () => {
    await using model = await loadModel(stories);
    let expected = '';
    for await (const { text } of model.generate('Mia the fox', { maxTokens: 9 })) expected += text;
    const parameters = { max_tokens: 9, temperature: 0 };
    const input = { name: 'text_input', datatype: 'BYTES', shape: [1] };
    const plain = await server.post('/v2/models/stories/infer', {
      inputs: [{ ...input, data: ['Mia the fox'] }],
      parameters,
    });
    expect(plain.json.outputs).toEqual([
      { name: 'text_output', datatype: 'BYTES', shape: [1], data: [expected] },
    ]);
    const text = Buffer.from('\v\0\0\0Mia the fox');
    const outputs = [{ name: 'text_output', parameters: { binary_data: true } }];
    const [body, headers] = binary(
      { inputs: [{ ...input, parameters: { binary_data_size: text.length } }], parameters, outputs },
      text,
    );
    const { text: answer, headers: got } = await server.fetchText('/v2/models/stories/infer', {
      method: 'POST',
      body,
      headers,
    });
    expect(answer.slice(Number(got.get(HEADER)) + 4)).toBe(expected);
  });

  test('embedded, by the output asked for', async () => {
    const inputs = [{ name: 'text_input', datatype: 'BYTES', shape: [2], data: ['A fox', 'Snow'] }];
    const { json } = await server.post('/v2/models/stories/infer', {
      inputs,
      outputs: [{ name: 'embedding' }],
    });
    await using model = await loadModel(stories);
    const [a, b] = await model.embed(['A fox', 'Snow']);
    expect(json.outputs[0].shape).toEqual([2, 256]);
    expect(Float32Array.from(json.outputs[0].data)).toEqual(Float32Array.of(...a, ...b));
  });

  test('images are labelled', async () => {
    const data = Array.from({ length: 28 * 28 }, (_, i) => (i * 7) % 256);
    const inputs = [{ name: 'image', datatype: 'UINT8', shape: [1, 28, 28, 1], data }];
    const [label, score] = (await server.post('/v2/models/seeing/infer', { inputs })).json.outputs;
    expect(label).toMatchObject({ name: 'label', shape: [1, 5] });
    expect(new Set(label.data)).toEqual(new Set([0, 1, 2, 3, 4].map((i) => `LABEL_${i}`)));
    expect(score.data.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 5);
  });
});

describe('what makes no sense gets 4xx and a sentence', () => {
  const ids = { name: 'input_ids', datatype: 'INT64', shape: [1, 2] };
  const sized = (binary_data_size: unknown) => ({ inputs: [{ ...ids, parameters: { binary_data_size } }] });
  const text = { name: 'text_input', datatype: 'BYTES', shape: [1] };
  const json: [path: string, body: unknown, message: RegExp][] = [
    ['encoder', '{', /not JSON/],
    ['encoder', {}, /inputs/],
    ['encoder', { inputs: [] }, /inputs/],
    ['encoder', { inputs: [{ ...ids }] }, /either data or/],
    ['encoder', { inputs: [{ ...ids, data: [1] }] }, /do not fit shape/],
    ['encoder', { inputs: [{ ...ids, data: [1, 96] }] }, /out of range/],
    ['encoder', { inputs: [{ ...ids, data: [1, -1] }] }, /out of range/],
    ['encoder', { inputs: [{ ...ids, data: [1, 1.5] }] }, /not INT64/],
    ['encoder', { inputs: [{ ...ids, data: [1, 'x'] }] }, /not INT64/],
    ['encoder', { inputs: [{ ...ids, datatype: 'UINT8', data: [1, 300] }] }, /no UINT8/],
    ['encoder', { inputs: [{ ...ids, datatype: 'FP8', data: [1, 2] }] }, /not one of/],
    ['encoder', { inputs: [{ ...ids, datatype: 'BYTES', data: ['a', 'b'] }] }, /BYTES/],
    ['encoder', { inputs: [{ ...ids, shape: [-1, 2], data: [1, 2] }] }, /shape/],
    ['encoder', { inputs: [{ ...ids, shape: [2 ** 30, 2 ** 30], data: [] }] }, /do not fit shape/],
    ['encoder', { inputs: [{ ...ids, shape: [0], data: [] }] }, /./],
    ['encoder', { inputs: [{ ...ids, name: 'nobody', data: [1, 2] }] }, /no such input/],
    [
      'encoder',
      {
        inputs: [
          { ...ids, data: [1, 2] },
          { ...ids, data: [1, 2] },
        ],
      },
      /twice/,
    ],
    ['encoder', { inputs: [{ ...ids, data: [1, 2] }], outputs: [{ name: 'nothing' }] }, /nothing/],
    ['encoder', { inputs: [{ ...text, data: ['a'] }] }, /tokenizer/],
    ['stories', { inputs: [{ ...ids, shape: [513, 1], data: Array(513).fill(1) }] }, /more than 512/],
    ['stories', { inputs: [{ ...text, data: [5] }] }, /BYTES/],
    ['stories', { inputs: [{ ...text, data: ['a'] }], parameters: { temperature: 9 } }, /temperature/],
    [
      'seeing',
      { inputs: [{ name: 'image', datatype: 'UINT8', shape: [4], data: [1, 2, 3, 4] }] },
      /images, height/,
    ],
    [
      'seeing',
      { inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, 1, 2, 2], data: [1, 2, 3, 4] }] },
      /./,
    ],
    [
      'seeing',
      { inputs: [{ name: 'pixel_values', datatype: 'FP32', shape: [1, 3, 1, 1], data: [1, 2, 3] }] },
      /pixel_values/,
    ],
  ];
  const bytes: [path: string, request: [Uint8Array, Record<string, string>], message: RegExp][] = [
    ['encoder', binary(sized(16), new Uint8Array(15)), /no size within/],
    ['encoder', binary(sized(-1)), /no size within/],
    ['encoder', binary(sized('16'), new Uint8Array(16)), /no size within/],
    ['encoder', binary(sized(15), new Uint8Array(15)), /no whole number/],
    ['encoder', binary(sized(8), new Uint8Array(8)), /do not fit shape/],
    ['encoder', binary(sized(16), new Uint8Array(17)), /belong to no input/],
    ['encoder', [new Uint8Array(4), { [HEADER]: '5' }], /no length within/],
    ['encoder', [new Uint8Array(4), { [HEADER]: 'x' }], /no length within/],
    ['encoder', [new Uint8Array(4), { [HEADER]: '-1' }], /no length within/],
    [
      'stories',
      binary({ inputs: [{ ...text, parameters: { binary_data_size: 6 } }] }, Buffer.from('\x03\0\0\0ab')),
      /middle of a text/,
    ],
    [
      'stories',
      binary({ inputs: [{ ...text, parameters: { binary_data_size: 2 } }] }, Buffer.from('ab')),
      /middle of a text/,
    ],
  ];
  const cases = [...json.map(([path, body, message]) => [path, [body, {}], message] as const), ...bytes];

  test.each(cases.map((row, i) => [i, ...row] as const))(
    '%i: %s',
    async (_, model, [body, headers], message) => {
      const { status, json } = await server.post(`/v2/models/${model}/infer`, body, headers);
      expect({ status, json }).toEqual({ status: 400, json: { error: expect.stringMatching(message) } });
    },
  );

  test('and nothing of it stays', async () => {
    expect(await server.metric('mia_active')).toBe(0);
  });
});
