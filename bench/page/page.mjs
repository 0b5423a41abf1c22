/** A page of its own: no network, light and dark. */
import { escape } from './svg.mjs';

const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d8dee4; --ground: #ffffff; --good: #1a7f5a;
  --fine: #4493f8; --plain: #8c959f; --bad: #cf4a3f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --ground: #0d1117;
  --good: #3fb37f; --fine: #58a6ff; --plain: #6e7681; --bad: #f0695e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 40px 24px 80px; max-width: 1010px; background: var(--ground); color: var(--ink);
  font: 15px/1.55 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 40px 0 6px; } p { color: var(--soft); margin: 0 0 6px; }
svg { width: 100%; height: auto; display: block; font: 13px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .tick { fill: var(--soft); font-size: 11px; } svg .strong { font-weight: 650; }
svg .value { font-variant-numeric: tabular-nums; } svg .grid { stroke: var(--line); }
.good { fill: var(--good); } .fine { fill: var(--fine); } .plain { fill: var(--plain); } .bad { fill: var(--bad); }
svg .gate { stroke: var(--ink); stroke-width: 2; } svg .aim { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 3 3; }
.key { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 14px 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 13px; }
.key svg { display: inline-block; width: 18px; height: 14px; vertical-align: -2px; margin-right: 6px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
.word { font-weight: 600; } .word.bad { color: var(--bad); } .word.good { color: var(--good); } .word.fine { color: var(--fine); }
`;

const swatch = (tone) =>
  `<svg viewBox="0 0 18 14"><rect class="${tone}" y="2" width="18" height="10" rx="2"/></svg>`;
const dash = (kind) => `<svg viewBox="0 0 18 14"><line class="${kind}" x1="9" x2="9" y2="14"/></svg>`;

/** `keys`: [tone or line, meaning]; `sections`: { title, chart }; `table`: { head, rows } of markup. */
export function html({ title, machine, summary, keys, sections, table }) {
  const { cpu, isa, threads, node, date } = machine;
  const key = keys.map(([mark, text]) => {
    const drawn = mark === 'gate' || mark === 'aim' ? dash(mark) : swatch(mark);
    return `<li>${drawn}${escape(text)}</li>`;
  });
  const cells = (row, tag) => `<tr>${row.map((c) => `<${tag}>${c}</${tag}>`).join('')}</tr>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${style}</style></head><body>
<h1>${escape(title)}</h1>
<p>${escape(`${cpu}, ${isa}, ${threads} thread${threads > 1 ? 's' : ''}, Node ${node}, ${date.slice(0, 16).replace('T', ' ')} UTC`)}</p>
<p>${escape(summary)}</p>
<ul class="key">${key.join('')}</ul>
${sections.map((s) => `<h2>${escape(s.title)}</h2><div class="scroll">${s.chart}</div>`).join('\n')}
<h2>All figures</h2>
<div class="scroll"><table><thead>${cells(table.head, 'th')}</thead><tbody>${table.rows.map((r) => cells(r, 'td')).join('')}</tbody></table></div>
</body></html>
`;
}
