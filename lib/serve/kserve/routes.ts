/** The Open Inference Protocol, version 2, as KServe and Triton speak it. https://github.com/kserve/open-inference-protocol */
import type { Exchange, Route } from '../route.js';
import { version } from '../version.js';
import { kserveError as voice } from './errors.js';
import { infer } from './infer.js';
import { tasks, type Signature } from './tasks.js';

const datatypeOf = { i32: 'INT64', f32: 'FP32', bool: 'INT64' } as const;

/** Inputs and outputs: of the model as a function, then of what it does with texts and images. */
function describe({ services, params }: Exchange): Response {
  const served = services.model(params.model);
  const { name, model, abilities } = served;
  const any = (rank: number): number[] => Array.from({ length: rank }, () => -1);
  const inputs = Object.entries(model.inputs).map(([name, { dtype, rank, optional = false }]) => ({
    name,
    datatype: datatypeOf[dtype],
    shape: any(rank),
    ...(optional && { optional }),
  }));
  const outputs = Object.entries(abilities.outputs).map(([name, rank]): Signature => ({ name, datatype: 'FP32', shape: any(rank) })); // prettier-ignore
  const possible = tasks.filter((task) => task.possible(served));
  const unique = (all: readonly Signature[]): Signature[] => [...new Set(all)];
  return Response.json({
    name,
    versions: ['1'],
    platform: `mia_${model.architecture}`,
    inputs: [...inputs, ...unique(possible.map(({ input }) => input))],
    outputs: [...outputs, ...unique(possible.flatMap((task) => task.outputs))],
  });
}

function modelReady({ services, params }: Exchange): Response {
  const { name } = services.model(params.model);
  return Response.json({ name, ready: services.ready }, { status: services.ready ? 200 : 503 });
}

/** With and without a version, of which there is one. */
const perModel = (method: Route['method'], end: string, answer: Route['answer']): Route[] =>
  ['', '/versions/1'].map((version) => ({
    method,
    path: `/v2/models/:model${version}${end}`,
    voice,
    answer,
  }));

export const kserveRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v2',
    voice,
    open: true,
    answer: () => Response.json({ name: 'mia', version, extensions: ['binary_tensor_data'] }),
  },
  { method: 'GET', path: '/v2/health/live', voice, open: true, answer: () => Response.json({ live: true }) },
  {
    method: 'GET',
    path: '/v2/health/ready',
    voice,
    open: true,
    answer: ({ services: { ready } }) => Response.json({ ready }, { status: ready ? 200 : 503 }),
  },
  ...perModel('GET', '', describe),
  ...perModel('GET', '/ready', modelReady),
  ...perModel('POST', '/infer', infer),
];
