/**
 * Kernel templates: WGSL text with `{{NAME}}` placeholders and whole-line directives that nest:
 * `#if NAME` / `#else` / `#endif`, and `#for VAR COUNT` / `#endfor`, which repeats its lines with {{VAR}} = 0, 1, ... COUNT - 1.
 * Unrolling by text, not by hope, keeps accumulators in registers on every compiler.
 */
export type TemplateValues = Readonly<Record<string, string | number | boolean>>;

export function expandTemplate(source: string, values: TemplateValues): string {
  const lines = source.split('\n');
  const out: string[] = [];
  const end = block(lines, 0, values, out);
  if (end !== lines.length) throw new Error(`template line ${end + 1}: ${lines[end]} closes nothing`);
  return out.join('\n');
}

/** Expands lines from `at` until the directive that closes them; returns that line's index. Without `out`, only finds it. */
function block(lines: readonly string[], at: number, values: TemplateValues, out?: string[]): number {
  for (; at < lines.length; at++) {
    const [word, name, count] = lines[at].trim().split(/\s+/);
    if (word === '#else' || word === '#endif' || word === '#endfor') return at;
    if (word === '#if') {
      const chosen = out && lookup(values, name, at);
      at = block(lines, at + 1, values, chosen ? out : undefined);
      if (lines[at]?.trim() === '#else') at = block(lines, at + 1, values, chosen ? undefined : out);
      close(lines, at, '#endif');
    } else if (word === '#for') {
      const times = out ? Number(values[count] ?? count) : 0;
      const body = at + 1;
      at = block(lines, body, values);
      for (let i = 0; i < times; i++) block(lines, body, { ...values, [name]: i }, out);
      close(lines, at, '#endfor');
    } else out?.push(fill(lines[at], values, at));
  }
  return at;
}

function fill(line: string, values: TemplateValues, at: number): string {
  return line.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(lookup(values, name, at)));
}

function lookup(values: TemplateValues, name: string, at: number): string | number | boolean {
  const value = values[name];
  if (value === undefined) throw new Error(`template line ${at + 1}: no value for ${name}`);
  return value;
}

function close(lines: readonly string[], at: number, wanted: string): void {
  if (lines[at]?.trim() !== wanted) throw new Error(`template: ${wanted} is missing before line ${at + 1}`);
}
