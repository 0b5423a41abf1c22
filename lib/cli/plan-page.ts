/** A plan as a page that needs nothing else: its steps, the lifetimes of its slots beside them, and what each step takes. */
import type { PlanSummary } from '../device.js';
import { groupSteps } from '../plan/profile.js';
import { escape, outputsOf, shortList } from './drawing.js';
import { bytesText } from './output.js';

type Slot = PlanSummary['slots'][number];

const ROW = 24;
const LANE = 14;

/** Slots side by side: a lane is used again once its slot's life is over. Memory from outside is left out. */
function lanesOf({ slots }: PlanSummary): Slot[][] {
  const lanes: Slot[][] = [];
  const own = slots.filter((s) => !s.name.startsWith('in')).toSorted((a, b) => a.first - b.first);
  for (const slot of own) {
    const free = lanes.find((lane) => lane.at(-1)!.last < slot.first);
    if (free) free.push(slot);
    else lanes.push([slot]);
  }
  return lanes;
}

/** A bar for each slot from the step that first writes it to the one that last reads it; a dot where a step writes. */
function lifetimes(plan: PlanSummary): string {
  const { steps } = plan;
  const lanes = lanesOf(plan);
  const most = Math.max(2, ...lanes.flat().map((s) => s.bytes));
  const middle = (step: number): number => ROW * (step + 1.5); // under the table's head
  const bars = lanes.flatMap((lane, l) =>
    lane.map(({ name, bytes, first, last }) => {
      const x = LANE * (l + 0.5);
      const width = 3 + 7 * (Math.log2(Math.max(bytes, 1)) / Math.log2(most));
      const [top, end] = [
        first < 0 ? ROW : middle(first) - 5,
        Math.min(middle(last) + 5, ROW * (steps.length + 1)),
      ];
      const writes = steps.flatMap((s, i) => (outputsOf(s).includes(name) ? [i] : []));
      const dots = writes.map((i) => `<circle cx="${x}" cy="${middle(i)}" r="2"/>`);
      const life = `${first < 0 ? 'before the run' : `step ${first}`} to ${last >= steps.length ? 'after it' : `step ${last}`}`;
      return [
        `<g class="${name.replace(/\d+$/, '')}"><title>${escape(`${name}: ${bytesText(bytes)}, ${life}`)}</title>`,
        `<rect x="${x - width / 2}" y="${top}" width="${width}" height="${end - top}" rx="${Math.min(width / 2, 4)}"/>`,
        ...dots,
        '</g>',
      ].join('');
    }),
  );
  const [width, height] = [LANE * Math.max(lanes.length, 1), ROW * (steps.length + 1)];
  return [
    `<svg role="img" aria-label="lifetimes of slots" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    ...bars,
    '</svg>',
  ].join('\n');
}

const micros = (ns: number): string => `${(ns / 1e3).toFixed(ns < 1e4 ? 2 : ns < 1e5 ? 1 : 0)} \u00b5s`;
const cell = (text: string, name = ''): string =>
  `<td${name && ` class="${name}"`} title="${escape(text)}">${escape(text)}</td>`;
/** A number with a bar behind it, `share` of its cell wide. */
const barCell = (text: string, share: number): string =>
  `<td class="time" style="--share:${(100 * share).toFixed(2)}%">${escape(text)}</td>`;

function stepRows({ steps }: PlanSummary, times?: readonly number[]): string[] {
  const longest = Math.max(1, ...(times ?? []));
  return steps.map((s, i) =>
    [
      `<tr><td class="n">${i}</td>`,
      cell(s.op, 'op'),
      cell(s.inPlace ? `${s.kernel}, in place` : s.kernel, 'kernel'),
      times ? barCell(micros(times[i]), times[i] / longest) : '',
      `<td class="slots" title="${escape(s.inputs.join(' '))}">${escape(`${shortList(s.inputs)} \u2192 ${s.output}`)}</td></tr>`,
    ].join(''),
  );
}

/** Where the time goes, by op and kernel. */
function groupTable({ steps }: PlanSummary, times: readonly number[]): string {
  const groups = groupSteps(steps.map(({ op, kernel }, i) => ({ op, kernel, duration: times[i] })));
  const all = groups.reduce((sum, g) => sum + g.total, 0) || 1;
  const rows = groups.map(({ op, kernel, count, total }) =>
    [
      `<tr>${cell(op, 'op')}${cell(kernel, 'kernel')}<td class="n">${count}</td><td class="n">${micros(total)}</td>`,
      `${barCell(`${((100 * total) / all).toFixed(1)} %`, total / all)}</tr>`,
    ].join(''),
  );
  return `<h2>Time by kernel</h2><div class="scroll"><table><thead><tr><th>op</th><th>kernel</th><th class="n">steps</th><th class="n">total</th><th class="n">share</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

const style = `:root{color-scheme:light dark;--page:#fff;--ink:#1c2430;--soft:#66707f;--line:#e3e7ed;--hover:#f3f6fa;--temp:#8fb3e0;--out:#3f9d6b;--dot:#1c2430;--bar:#f2b880}
@media(prefers-color-scheme:dark){:root{--page:#14181f;--ink:#e2e7ee;--soft:#8d98a8;--line:#2a313c;--hover:#1c222c;--temp:#466fa6;--out:#3b8f62;--dot:#e2e7ee;--bar:#8a5a2b}}
body{margin:2rem auto;max-width:1400px;padding:0 1.25rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page)}
h1{font-size:1.35rem;overflow-wrap:anywhere;margin:0 0 .25rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}p{color:var(--soft);margin:.25rem 0 1rem}
dl{display:flex;flex-wrap:wrap;gap:.5rem 2.5rem;margin:1rem 0}dt{color:var(--soft);font-size:.8rem}dd{margin:0;font-size:1.2rem;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}.plan{display:flex;gap:12px;align-items:flex-start}.plan svg{flex:none}
table{border-collapse:collapse;font:12.5px ui-monospace,monospace}
tr{height:${ROW}px}td,th{box-sizing:border-box;height:${ROW}px;padding:0 .7rem;text-align:left;white-space:nowrap;font-weight:normal;box-shadow:inset 0 -1px var(--line)}
th{color:var(--soft)}tbody tr:hover{background:var(--hover)}
.n,.time{text-align:right;font-variant-numeric:tabular-nums}.n,.slots{color:var(--soft)}.op{max-width:30rem;overflow:hidden;text-overflow:ellipsis}
.time{min-width:9rem;background:linear-gradient(var(--bar),var(--bar)) 0 50%/var(--share) 70% no-repeat}
.t rect{fill:var(--temp)}.out rect{fill:var(--out)}circle{fill:var(--dot)}g:hover rect{stroke:var(--dot)}
.key{display:inline-block;width:.7em;height:.7em;border-radius:2px}`;

/** `times`: of each step, in nanoseconds. */
export function planHtml(plan: PlanSummary, title: string, times?: readonly number[]): string {
  const facts: [string, string][] = [
    ['steps', String(plan.steps.length)],
    ['scratch and results', bytesText(plan.bytes)],
    ...(times ? [['time in steps', micros(times.reduce((a, b) => a + b, 0))] as [string, string]] : []),
  ];
  const heads = ['#', 'op', 'kernel', ...(times ? ['time'] : []), 'slots'];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(title)}</title>
<style>${style}</style></head>
<body><h1>${escape(title)}</h1>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>
${times ? groupTable(plan, times) : ''}
<h2>Steps and slots</h2>
<p>A bar is the life of a slot: <span class="key" style="background:var(--temp)"></span> scratch, <span class="key" style="background:var(--out)"></span> a result or a state; the wider, the more bytes. A dot is a step that writes it. Inputs and weights have none.</p>
<div class="scroll plan">
${lifetimes(plan)}
<table><thead><tr>${heads.map((h) => (/#|time/.test(h) ? `<th class="n">${h}</th>` : `<th>${h}</th>`)).join('')}</tr></thead>
<tbody>${stepRows(plan, times).join('\n')}</tbody></table>
</div></body></html>`;
}
