/** Columns as wide as they need, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, c) => Math.max(...all.map((row) => row[c].length)));
  const numeric = head.map((_, c) => rows.length > 0 && rows.every((row) => /^[-\d.,]*$/.test(row[c])));
  const text = (row: readonly string[]): string =>
    row
      .map((cell, c) => (numeric[c] ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join('  ')
      .trimEnd();
  return all.map(text).join('\n');
}
