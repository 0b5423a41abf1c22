/** The rules can say no: plans and graphs broken one rule at a time. */
import { expect, test } from 'vitest';
import { trace, graphOf } from '../../../lib/plan/trace.js';
import { makePlan } from '../../../lib/plan/planner.js';
import { verifyGraph, verifyPlan } from '../../../lib/plan/verify.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { fakeDevice } from '../fake-device.js';

const device = fakeDevice();
const x = Tensor.create(device, [4, 8], new Float32Array(32)).matmul(
  Tensor.create(device, [8, 8], new Float32Array(64)),
);
const graph = graphOf(trace([{ node: x.softmax().add(1).peek('test'), form: 'array' }]));
const plan = makePlan(graph, device.core.ops);

test('what the planner makes is legal', () => {
  verifyGraph(graph, 'trace');
  verifyPlan(plan);
});

test('a graph that reads ahead, or lies about a result', () => {
  const last = graph.nodes.length - 1;
  const changed = (node: object) => ({
    ...graph,
    nodes: graph.nodes.with(last, { ...graph.nodes[last], ...node }),
  });
  expect(() => verifyGraph(changed({ inputs: [last, 0] }), 'x')).toThrow('reads a later node');
  expect(() => verifyGraph(changed({ dtype: 'f64' }), 'x')).toThrow('its op says f32');
});

test('a plan that reads what nobody wrote, leaves its slots, or overwrites what is needed', () => {
  expect(() => verifyPlan({ ...plan, steps: plan.steps.slice(1) })).toThrow('before anyone wrote it');
  const tight = plan.slots.map((s) => (s.kind === 'input' ? { ...s, bytes: 8 } : s));
  expect(() => verifyPlan({ ...plan, slots: tight })).toThrow('reaches outside slot');
  const kept = plan.inputs.map((i) => ({ ...i, donatable: false }));
  const greedy = plan.slots.map((s) => (s.kind === 'output' ? { ...s, donor: 0 } : s));
  expect(() => verifyPlan({ ...plan, inputs: kept, slots: greedy })).toThrow('which others need');
});
