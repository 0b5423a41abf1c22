/** The report of `npm run bench:peers` as a page: how many times as fast as each peer. */
import { html } from './page.mjs';
import { bars, escape } from './svg.mjs';

const times = (v) => `${v.toFixed(v < 10 ? 2 : 1)}x`;
const ms = (v) => (v === undefined ? '' : `${v.toPrecision(4)} ms`);

function verdict({ met, gate, ratio, aim, check }) {
  if (check && !check.met) return ['bad', 'outputs differ'];
  if (gate === undefined) return [ratio >= 1 ? 'plain' : 'bad', ''];
  if (!met) return ['bad', 'gate missed'];
  return ratio >= aim ? ['good', 'aim met'] : ['fine', 'gate met'];
}

/** A scale that shows most rows whole: far ones end in an arrow. */
function scaleOf(rows) {
  const wanted = Math.max(...rows.map((r) => Math.min(Math.max(r.ratio, r.aim ?? 0), 6)), 1.5);
  const step = wanted > 3 ? 1 : 0.5;
  const max = Math.ceil((wanted * 1.02) / step) * step;
  return {
    max,
    ticks: Array.from({ length: Math.round(max / step) + 1 }, (_, i) => i * step),
    format: (v) => `${v}x`,
    unit: 'times as fast as the peer',
  };
}

export function page({ machine, rows }) {
  const gated = rows.filter((r) => r.gate !== undefined);
  const sections = [...new Set(rows.map((r) => r.title))].map((title) => {
    const own = rows.filter((r) => r.title === title);
    const drawn = own.map((row) => ({
      label: row.peer === 'onnxruntime-node' ? row.name : `${row.name}, ${row.peer}`,
      value: row.ratio,
      tone: verdict(row)[0],
      text:
        row.mine === undefined
          ? times(row.ratio)
          : `${times(row.ratio)}  ${ms(row.mine)} / ${ms(row.theirs)}`,
      strong: row.gate !== undefined,
      marks:
        row.gate === undefined
          ? []
          : [
              { at: row.gate, kind: 'gate' },
              { at: row.aim, kind: 'aim' },
            ],
    }));
    return { title, chart: bars(drawn, scaleOf(own)) };
  });
  const cells = rows.map((row) => {
    const [tone, word] = verdict(row);
    const { name, peer, mine, theirs, ratio, gate, aim, check } = row;
    const error =
      check &&
      `${check.kind} ${check.kind === 'cosine' ? check.value.toFixed(6) : check.value.toExponential(1)}`;
    const wanted = gate === undefined ? '' : `${times(gate)} / ${times(aim)}`;
    const text = [name, peer, ms(mine), ms(theirs), times(ratio), error ?? '', wanted].map(escape);
    return [...text, `<span class="word ${tone}">${word}</span>`];
  });
  return html({
    title: 'Mia and its peers',
    machine,
    summary: `How many times as fast as the peer, on the same work, in turns. ${gated.filter((r) => r.met).length} of ${gated.length} gates met.`,
    keys: [
      ['good', 'aim met'],
      ['fine', 'gate met'],
      ['bad', 'slower, or gate missed'],
      ['plain', 'no gate'],
      ['gate', 'gate'],
      ['aim', 'aim'],
    ],
    sections,
    table: { head: ['work', 'peer', 'Mia', 'peer', 'ratio', 'outputs', 'gate / aim', ''], rows: cells },
  });
}
