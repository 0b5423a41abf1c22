/** The report of `npm run bench` as a page: what share of the machine's limit each row reaches. */
import { html } from './page.mjs';
import { bars, escape } from './svg.mjs';

const percent = (v) => `${(v * 100).toFixed(v > 0 && v < 0.1 ? 1 : 0)} %`;
const amount = (v, unit) => `${v.toPrecision(4)} ${unit}`;

const toneOf = ({ met }) => (met === undefined ? 'plain' : met ? 'good' : 'bad');
const wantedOf = ({ gate, most, unit }) =>
  gate !== undefined ? `>= ${percent(gate)}` : most !== undefined ? `<= ${most} ${unit}` : '';

export function page({ machine, rows }) {
  const sections = [...new Set(rows.map((r) => r.case))].flatMap((name) => {
    // A row with neither a limit nor a cost allowed is a figure only: in the table.
    const own = rows.filter((r) => r.case === name && (r.limit ?? r.most) !== undefined);
    if (own.length === 0) return [];
    const shares = own.every((r) => r.share !== undefined);
    // Without a limit of the machine the limit is what the row may cost at most.
    const of = (row) => (shares ? row.share : row.value / row.most);
    const drawn = own.map((row) => ({
      label: row.name,
      value: of(row),
      tone: toneOf(row),
      text: shares ? `${percent(row.share)}  ${amount(row.value, row.unit)}` : amount(row.value, row.unit),
      strong: row.met !== undefined,
      marks: row.gate !== undefined ? [{ at: row.gate, kind: 'gate' }] : [],
    }));
    const unit = shares ? 'share of the limit' : 'share of the cost allowed';
    const ticks = [0, 0.25, 0.5, 0.75, 1];
    return { title: `${name}: ${unit}`, chart: bars(drawn, { max: 1.05, ticks, format: percent, unit }) };
  });
  const cells = rows.map((row) => {
    const { name, value, unit, limit, limitName, share, met } = row;
    const limited = limit === undefined ? '' : `${amount(limit, unit)} ${limitName}`;
    const text = [
      name,
      amount(value, unit),
      limited,
      share === undefined ? '' : percent(share),
      wantedOf(row),
    ];
    const word = met === undefined ? '' : met ? 'met' : 'missed';
    return [...text.map(escape), `<span class="word ${toneOf(row)}">${word}</span>`];
  });
  const gated = rows.filter((r) => r.met !== undefined);
  return html({
    title: 'Mia and the machine',
    machine,
    summary: `Each row beside the limit measured in the same minute. ${gated.filter((r) => r.met).length} of ${gated.length} gates met.`,
    keys: [
      ['good', 'gate met'],
      ['bad', 'gate missed'],
      ['plain', 'no gate'],
      ['gate', 'gate'],
    ],
    sections,
    table: { head: ['row', 'value', 'limit', 'share', 'wanted', ''], rows: cells },
  });
}
