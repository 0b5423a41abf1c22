import { readFileSync, statSync } from 'node:fs';
import type { PlanSummary } from '../../device.js';
import { Tape } from '../../tensor/tape.js';
import { modelOptions, UsageError, type Call, type Command } from '../command.js';
import { planHtml, planMermaid, planSvg } from '../drawing.js';
import { openDevice, withModel } from '../model.js';

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
  },
  async run(call) {
    const [path] = call.args;
    const format = call.word('format', formats) ?? 'mermaid';
    const tape = readTape(path);
    const show = (plan: PlanSummary): void =>
      call.output.json
        ? call.output.value({ ...plan, toString: undefined })
        : call.output.line(draw[format](plan, path));
    if (!tape) return withModel(call, path, async (model) => show(await model.explain(shapesOf(call))));
    await using device = await openDevice(call);
    const roots = tape.bind(device);
    try {
      for (const root of roots) show(await root.explain());
    } finally {
      for (const root of roots) root.dispose();
    }
  },
};

const draw: Readonly<Record<(typeof formats)[number], (plan: PlanSummary, title: string) => string>> = {
  mermaid: planMermaid,
  svg: planSvg,
  html: planHtml,
  text: String,
};

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

function shapesOf(call: Call): Record<string, number[]> {
  return Object.fromEntries(
    call.texts('shape').map((text) => {
      const match = /^([\w.]+)=(\d+(?:,\d+)*)$/.exec(text);
      if (!match) throw new UsageError(`--shape takes NAME=SIZES such as input_ids=1,16, not '${text}'`);
      return [match[1], match[2].split(',').map(Number)];
    }),
  );
}
