/** POST /v2/models/NAME/infer */
import type { TypedArray } from '../../dtype.js';
import { readBody } from '../body.js';
import { Refusal } from '../refusal.js';
import type { Exchange } from '../route.js';
import type { ServedModel } from '../served.js';
import type { Tensor } from './datatypes.js';
import { HEADER, readInference, writeInference, type Inference } from './request.js';
import { tasks } from './tasks.js';

export async function infer(exchange: Exchange): Promise<Response> {
  const model = exchange.services.model(exchange.params.model);
  const inference = readInference(await readBody(exchange), exchange.request.headers.get(HEADER));
  const results = await compute(model, inference, exchange);
  const names = inference.outputs.length > 0 ? inference.outputs : results.map(({ name }) => name);
  const outputs = names.map((name) => {
    const found = results.find((result) => result.name === name);
    if (found) return found;
    const known = results.map((result) => result.name).join(', ');
    throw new Refusal(400, `outputs: there is no '${name.slice(0, 60)}' of these inputs, but ${known}`, { param: 'outputs' }); // prettier-ignore
  });
  return writeInference(model.name, inference, outputs);
}

function compute(model: ServedModel, inference: Inference, exchange: Exchange): Promise<Tensor[]> {
  const [[name, input]] = inference.inputs;
  const alike = tasks.filter((task) => task.input.name === name && task.possible(model));
  if (alike.length === 0) return forward(model, inference, exchange.signal);
  const wanted = inference.outputs;
  const task =
    alike.find(({ outputs }) => wanted.every((w) => outputs.some((o) => o.name === w))) ?? alike[0];
  if (inference.inputs.size > 1) throw new Refusal(400, `inputs: '${name}' comes alone`, { param: 'inputs' });
  return task.run(model, input, inference, exchange);
}

/** The model as a function of tensors. */
async function forward(model: ServedModel, { inputs }: Inference, signal: AbortSignal): Promise<Tensor[]> {
  const given = [...inputs.values()].map(({ name, datatype, shape, data }) => {
    if (datatype === 'BYTES')
      throw new Refusal(400, `input '${name.slice(0, 60)}': not BYTES`, { param: name });
    return [name, { data: data as TypedArray, shape }] as const;
  });
  const results = await model.forward(Object.fromEntries(given), signal);
  return Object.entries(results).map(([name, { data, shape }]) => ({ name, datatype: 'FP32', shape, data }));
}
