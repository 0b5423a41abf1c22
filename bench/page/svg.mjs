/** Markup as strings, and the one chart that benchmarks need: bars on a shared scale, with marks for what is wanted. */

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const escape = (text) => String(text).replace(/[&<>"]/g, (c) => entities[c]);

const [LABEL, BAR, VALUE, ROW] = [300, 420, 250, 30]; // px
const TOP = 26;

/**
 * Horizontal bars. `rows`: { label, value, text, tone, marks: [{ at, kind }], title }; `scale`: { max, ticks: [value...], format }.
 * Values beyond the scale end in an arrow.
 */
export function bars(rows, { max, ticks, format, unit }) {
  const height = TOP + rows.length * ROW + 6;
  const x = (value) => LABEL + (Math.min(value, max) / max) * BAR;
  const grid = ticks.map(
    (t) =>
      `<line class="grid" x1="${x(t)}" x2="${x(t)}" y1="${TOP - 4}" y2="${height - 4}"/>` +
      `<text class="tick" x="${x(t)}" y="${TOP - 10}" text-anchor="middle">${escape(format(t))}</text>`,
  );
  const drawn = rows.map((row, i) => {
    const y = TOP + i * ROW;
    const end = x(Math.max(row.value, 0));
    const beyond = row.value > max ? `<path class="${row.tone}" d="M${end} ${y + 5}l9 9l-9 9z"/>` : '';
    const marks = row.marks.map(
      ({ at, kind }) => `<line class="${kind}" x1="${x(at)}" x2="${x(at)}" y1="${y + 2}" y2="${y + 26}"/>`,
    );
    return (
      `<g><title>${escape(row.title ?? row.label)}</title>` +
      `<text class="label${row.strong ? ' strong' : ''}" x="${LABEL - 12}" y="${y + 18}" text-anchor="end">${escape(row.label)}</text>` +
      `<rect class="${row.tone}" x="${LABEL}" y="${y + 5}" width="${Math.max(end - LABEL, 1)}" height="18" rx="2"/>` +
      `${beyond}${marks.join('')}` +
      `<text class="value" x="${LABEL + BAR + 18}" y="${y + 18}">${escape(row.text)}</text></g>`
    );
  });
  return (
    `<svg viewBox="0 0 ${LABEL + BAR + VALUE} ${height}" role="img" aria-label="${escape(unit)}">` +
    `${grid.join('')}${drawn.join('')}</svg>`
  );
}
