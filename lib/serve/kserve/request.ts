/** A request to infer, as JSON alone or as JSON with the bytes of tensors after it. */
import * as v from 'valibot';
import { show } from '../../errors.js';
import { Refusal } from '../refusal.js';
import { check, integerIn, optional, parseJson } from '../schema.js';
import { datatypes, fromBytes, fromValues, toBytes, toValues, type Tensor } from './datatypes.js';

const parameters = v.nullish(v.record(v.string(), v.unknown()), {} as Record<string, unknown>);
const InferRequest = v.object({
  id: optional(v.string()),
  parameters,
  inputs: v.pipe(
    v.array(
      v.object({
        name: v.string(),
        shape: v.pipe(v.array(integerIn(0, 2 ** 31 - 1)), v.maxLength(8)),
        datatype: v.picklist(datatypes, `not one of ${datatypes.join(', ')}`),
        parameters,
        data: optional(v.array(v.unknown())),
      }),
    ),
    v.nonEmpty('is empty'),
    v.maxLength(16),
  ),
  outputs: v.nullish(v.array(v.object({ name: v.string(), parameters })), []),
});
type InferRequest = v.InferOutput<typeof InferRequest>;

export interface Inference {
  readonly id: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Names of what is asked for; all there is if there are none. */
  readonly outputs: readonly string[];
  /** Whether an output is wanted as bytes. */
  binary(output: string): boolean;
}

/** The header that says how many bytes of the body are JSON. */
export const HEADER = 'inference-header-content-length';

export function readInference(body: Uint8Array, header: string | null): Inference {
  const length = header === null ? body.length : /^\d{1,15}$/.test(header) ? Number(header) : NaN;
  if (!(length <= body.length))
    throw new Refusal(400, `${HEADER}: '${header?.slice(0, 40)}' is no length within the ${body.length} bytes of the body`); // prettier-ignore
  const request = check(InferRequest, parseJson(new TextDecoder().decode(body.subarray(0, length))));
  const inputs = readTensors(request, body.subarray(length));
  const wanted = new Map(request.outputs.map(({ name, parameters }) => [name, parameters.binary_data]));
  const all = request.parameters.binary_data_output === true;
  return {
    id: request.id,
    parameters: request.parameters,
    inputs,
    outputs: [...wanted.keys()],
    binary: (output) => (wanted.get(output) ?? all) === true,
  };
}

function readTensors({ inputs }: InferRequest, bytes: Uint8Array): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  let at = 0;
  for (const { name, shape, datatype, data, parameters } of inputs) {
    const fail = (message: string): never => {
      throw new Refusal(400, `input '${name.slice(0, 60)}': ${message}`, {
        code: 'invalid_value',
        param: name,
      });
    };
    if (tensors.has(name)) fail('is given twice');
    const size = parameters.binary_data_size;
    if ((data === undefined) === (size === undefined))
      fail('needs either data or parameters.binary_data_size');
    let elements;
    if (data) elements = fromValues(name, datatype, data.flat(Math.max(0, shape.length - 1)));
    else {
      const end = at + (size as number);
      if (!Number.isSafeInteger(size) || (size as number) < 0 || end > bytes.length)
        fail(`binary_data_size ${show(size)} is no size within the ${bytes.length - at} bytes left`);
      elements = fromBytes(name, datatype, bytes.subarray(at, end));
      at = end;
    }
    const count = shape.reduce((product, n) => product * n, 1);
    if (elements.length !== count) fail(`${elements.length} elements do not fit shape [${shape.join(', ')}]`);
    tensors.set(name, { name, datatype, shape, data: elements });
  }
  if (at !== bytes.length) throw new Refusal(400, `the body: ${bytes.length - at} bytes belong to no input`);
  return tensors;
}

/** The answer: JSON, and after it the bytes of those outputs that are wanted so. */
export function writeInference(
  model: string,
  { id, binary }: Inference,
  outputs: readonly Tensor[],
): Response {
  const parts: Uint8Array[] = [];
  const listed = outputs.map((tensor) => {
    const { name, datatype, shape } = tensor;
    if (!binary(name)) return { name, datatype, shape, data: toValues(tensor) };
    const bytes = toBytes(tensor);
    parts.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const json = JSON.stringify({ model_name: model, model_version: '1', ...(id !== undefined && { id }), outputs: listed }); // prettier-ignore
  if (parts.length === 0) return new Response(json, { headers: { 'content-type': 'application/json' } });
  const head = Buffer.from(json);
  return new Response(Buffer.concat([head, ...parts]), {
    headers: { 'content-type': 'application/octet-stream', [HEADER]: String(head.length) },
  });
}
