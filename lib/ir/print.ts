/** Tapes for people: lines of text, and Mermaid (https://mermaid.js.org/syntax/flowchart.html). Never throws. */
import type { Attrs, Json, Meta } from './op.js';
import type { Entry, TapeData } from './tape.js';

/** Attributes nest less; what nests deeper, or in itself, is cut. */
const MAX_DEPTH = 16;
const MAX_LABEL = 120;

/**
 * One line an entry, `%2 = add %0, %1 : f32 [768, 1024]`, then the outputs. Leaves show their layout where it is not
 * row-major, and their name where they have one.
 */
export function printTape(tape: TapeData): string {
  const lines = tape.entries.map((entry, i) => `%${i} = ${line(entry)}`);
  return [...lines, `return ${tape.outputs.map(value).join(', ')}`].join('\n');
}

const value = (i: number): string => `%${i}`;
const printMeta = ({ dtype, shape }: Meta): string => `${dtype} [${shape.join(', ')}]`;

function line(entry: Entry): string {
  const { op, inputs, attrs, leaf } = entry;
  if (leaf) return label(entry);
  const head = [word(op), inputs.map(value).join(', '), printAttrs(attrs)].filter(Boolean).join(' ');
  return `${head} : ${printMeta(entry)}`;
}

/** What an entry is, without its inputs. */
function label(entry: Entry): string {
  const { op, attrs, leaf } = entry;
  if (!leaf) return [word(op), printAttrs(attrs), printMeta(entry)].filter(Boolean).join(' ');
  const name = /^leaf\.\d+$/.test(leaf.name) ? '' : JSON.stringify(leaf.name);
  const layout = leaf.layout.isRowMajor ? '' : leaf.layout.toString();
  return ['leaf', name, printMeta(entry), layout].filter(Boolean).join(' ');
}

/** A name as it is, or in quotes where that could be read as something else. */
const word = (name: string): string => (/^[\w.-]+$/.test(name) ? name : JSON.stringify(name));

/** `{shape: [4, -1]}`; nothing for none. */
export function printAttrs(attrs: Attrs): string {
  return Object.keys(attrs).length > 0 ? printJson(attrs, MAX_DEPTH) : '';
}

function printJson(json: Json | undefined, depth: number): string {
  if (typeof json === 'string') return JSON.stringify(json);
  if (json === null || typeof json !== 'object') return Object.is(json, -0) ? '-0' : String(json);
  if (depth === 0) return '...';
  if (Array.isArray(json)) return `[${json.map((v: Json) => printJson(v, depth - 1)).join(', ')}]`;
  const members = Object.entries(json).filter(([, v]) => v !== undefined);
  return `{${members.map(([k, v]) => `${word(k)}: ${printJson(v, depth - 1)}`).join(', ')}}`;
}

/** `graph TD` from leaves (cylinders) down to outputs (rounded). */
export function printMermaid(tape: TapeData): string {
  const outputs = new Set(tape.outputs);
  const nodes = tape.entries.map((entry, i) => {
    const [open, close] = outputs.has(i) ? ['([', '])'] : entry.leaf ? ['[(', ')]'] : ['[', ']'];
    return `  n${i}${open}"${escape(label(entry))}"${close}`;
  });
  const edges = tape.entries.flatMap((entry, i) => entry.inputs.map((input) => `  n${input} --> n${i}`));
  return ['graph TD', ...nodes, ...edges].join('\n');
}

/** Mermaid reads labels as Markdown with HTML: only what is neither stays, all else becomes `#code;`. */
function escape(text: string): string {
  const short = text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL)}...` : text;
  return short.replace(/[^\w .,:()[\]{}+-]/gu, (c) => `#${c.codePointAt(0)};`);
}
