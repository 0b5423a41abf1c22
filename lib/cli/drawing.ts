/** Plans as pictures: Mermaid text, and an SVG of the steps in order with the slots that they pass on. */
import type { PlanSummary } from '../device.js';

type Step = PlanSummary['steps'][number];

export const outputsOf = (step: Step): string[] => step.output.split(' ').filter((name) => name !== '');
export const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly slot: string;
}

/** From the step that wrote a slot last to each step that reads it then. Slots from outside start at -1. */
function edgesOf({ steps }: PlanSummary): Edge[] {
  const writer = new Map<string, number>();
  return steps.flatMap((step, to) => {
    const edges = step.inputs.map((slot) => ({ from: writer.get(slot) ?? -1, to, slot }));
    for (const slot of outputsOf(step)) writer.set(slot, to);
    return edges;
  });
}

/** https://mermaid.js.org/syntax/flowchart.html */
export function planMermaid(plan: PlanSummary): string {
  const nodes = plan.steps.map((s, i) => `  s${i}["${i}: ${s.op.replaceAll('"', "'")}<br>${s.kernel}"]`);
  const outside = [...new Set(edgesOf(plan).flatMap((e) => (e.from < 0 ? [e.slot] : [])))];
  const leaves = outside.map((slot) => `  ${slot}([${slot}])`);
  const edges = edgesOf(plan).map(({ from, to, slot }) =>
    from < 0 ? `  ${slot} --> s${to}` : `  s${from} -- ${slot} --> s${to}`,
  );
  return ['flowchart TD', ...leaves, ...nodes, ...edges].join('\n');
}

const ROW = 26;
const TEXT_X = 330;
const LANE = 9;
/** Lanes for values that live long; more than these share the outermost. */
const LANES = 34;

/** Steps as rows from top to bottom; on their left an arc for each value, from the step that makes it to one that reads it. */
export function planSvg(plan: PlanSummary): string {
  const { steps } = plan;
  const y = (i: number): number => 24 + ROW * i;
  const arcs = edgesOf(plan).flatMap(({ from, to, slot }) => {
    if (from < 0 || to === from) return [];
    const reach = LANE * Math.min(Math.max(1, Math.ceil(Math.log2(to - from + 1) * 4)), LANES);
    const x = TEXT_X - 16;
    const path = `M${x} ${y(from)} C${x - reach} ${y(from)} ${x - reach} ${y(to)} ${x} ${y(to)}`;
    return [`<path d="${path}"><title>${escape(`${slot}: step ${from} to ${to}`)}</title></path>`];
  });
  const rows = steps.map((s, i) => {
    const place = s.inPlace ? ' in place' : '';
    const label = `${i}  ${s.op.length > 60 ? `${s.op.slice(0, 57)}...` : s.op}`;
    return [
      `<circle cx="${TEXT_X - 12}" cy="${y(i)}" r="4"/>`,
      `<text x="${TEXT_X}" y="${y(i) + 4}">${escape(label)}<title>${escape(s.op)}</title></text>`,
      `<text class="kernel" x="${TEXT_X + 440}" y="${y(i) + 4}">${escape(`${s.kernel}${place}`)}</text>`,
      `<text class="slots" x="${TEXT_X + 640}" y="${y(i) + 4}">${escape(`${shortList(s.inputs)} > ${s.output}`)}</text>`,
    ].join('');
  });
  const height = y(steps.length) + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="${height}" viewBox="0 0 1280 ${height}">`,
    `<style>text{font:13px ui-monospace,monospace;fill:#222}.kernel{fill:#06c}.slots{fill:#777}path{fill:none;stroke:#9ab;stroke-width:1.2}circle{fill:#06c}</style>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...arcs,
    ...rows,
    '</svg>',
  ].join('\n');
}

export const shortList = (names: readonly string[]): string =>
  names.length <= 6 ? names.join(' ') : `${names.slice(0, 5).join(' ')} +${names.length - 5}`;
