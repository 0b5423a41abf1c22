import { readFileSync, statSync } from 'node:fs';
import type { PlanSummary } from '../../device.js';
import type { Model } from '../../models/model.js';
import { Tape } from '../../tensor/tape.js';
import { modelOptions, UsageError, type Call, type Command } from '../command.js';
import { planMermaid, planSvg } from '../drawing.js';
import { measure } from '../measure.js';
import { openDevice, withModel } from '../model.js';
import { planHtml } from '../plan-page.js';

type Shapes = Readonly<Record<string, readonly number[]>>;

const formats = ['mermaid', 'svg', 'html', 'text'] as const;

/** A plan to look at. */
export const graph: Command = {
  name: 'graph',
  args: 'MODEL|TAPE',
  doc: 'The plan of a model (one token, or the shapes given) or of a saved tape: its steps and slots.',
  count: [1, 1],
  options: {
    ...modelOptions,
    format: { value: 'FORMAT', doc: `${formats.join(', ')} (mermaid)` },
    shape: { value: 'NAME=SIZES', doc: 'sizes of an input: input_ids=1,16', multiple: true },
    profile: {
      doc: 'run it on inputs of ones and show how long each step takes (html, or --json)',
    },
  },
  async run(call) {
    const [path] = call.args;
    const format = call.word('format', formats) ?? 'mermaid';
    const profiled = call.flag('profile');
    if (profiled && format !== 'html' && !call.output.json)
      throw new UsageError('--profile goes with --format html, or with --json');
    const tape = readTape(path);
    const show = (plan: PlanSummary, times?: readonly number[]): void =>
      call.output.json
        ? call.output.value({ ...plan, toString: undefined, times })
        : call.output.line(draw[format](plan, path, times));
    const shapes = shapesOf(call);
    if (!tape)
      return withModel(call, path, async (model) => {
        if (!profiled) return show(await model.explain(shapes));
        const { plan, times } = await measure(model.device, () => runOnce(model, shapes));
        show(plan, times);
      });
    await using device = await openDevice(call);
    const roots = tape.bind(device);
    try {
      for (const root of roots) {
        if (profiled) {
          const { plan, times } = await measure(device, () => root.clone().back());
          show(plan, times);
        } else show(await root.explain());
      }
    } finally {
      for (const root of roots) root.dispose();
    }
  },
};

type Draw = (plan: PlanSummary, title: string, times?: readonly number[]) => string;
const draw: Readonly<Record<(typeof formats)[number], Draw>> = {
  mermaid: planMermaid,
  svg: planSvg,
  html: planHtml,
  text: String,
};

/** Runs the plan that `model.explain(shapes)` is about. */
async function runOnce(model: Model, shapes: Shapes): Promise<void> {
  if (model.writes) {
    const prompt = Array.from({ length: shapes.input_ids?.at(-1) ?? 1 }, () => 1);
    for await (const _ of model.generate(prompt, { maxTokens: 1, ignoreEos: true }));
    return;
  }
  const given: Shapes = Object.keys(shapes).length > 0 ? shapes : { input_ids: [1, 16] };
  const inputs = Object.entries(given).map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = name === 'pixel_values' ? new Float32Array(size) : new Int32Array(size);
    return [name, { data: data.fill(1), shape }];
  });
  await model.forward(Object.fromEntries(inputs) as Parameters<Model['forward']>[0]);
}

/** A file that `tape.toBytes()` or `program.toBytes()` wrote; undefined for other files, which may be models. */
function readTape(path: string): Tape | undefined {
  if (!path.endsWith('.safetensors') || !statSync(path, { throwIfNoEntry: false })?.isFile())
    return undefined;
  try {
    return Tape.fromBytes(readFileSync(path));
  } catch {
    return undefined;
  }
}

function shapesOf(call: Call): Shapes {
  return Object.fromEntries(
    call.texts('shape').map((text) => {
      const match = /^([\w.]+)=(\d+(?:,\d+)*)$/.exec(text);
      if (!match) throw new UsageError(`--shape takes NAME=SIZES such as input_ids=1,16, not '${text}'`);
      return [match[1], match[2].split(',').map(Number)];
    }),
  );
}
