/** JSON for files: what is written comes back equal (-0 too), and what is read is bounded and says everything once. */
import { show } from '../errors.js';

/** Makes the error that the caller wants thrown. */
export type Fail = (message: string, cause?: unknown) => Error;

/**
 * The value of a JSON text. Refused through `fail`: nesting deeper than `maxDepth`, and objects that name a key twice,
 * of which `JSON.parse` would silently keep the last.
 */
export function parseJson(text: string, maxDepth: number, fail: Fail): unknown {
  const named = countColons(text, maxDepth, fail);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail('is not JSON', cause);
  }
  if (countMembers(value) !== named) throw fail('names a key twice');
  return value;
}

/** Colons outside strings: in valid JSON, one for each member of each object. */
function countColons(text: string, maxDepth: number, fail: Fail): number {
  let colons = 0;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === ':') colons++;
    else if (c === '}' || c === ']') depth--;
    else if ((c === '{' || c === '[') && ++depth > maxDepth) throw fail(`is nested deeper than ${maxDepth}`);
  }
  return colons;
}

function countMembers(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = Array.isArray(value) ? 0 : parts.length;
  for (const part of parts) count += countMembers(part);
  return count;
}

/** A Map is written as an object, so that no key has a meaning in JavaScript. Members that are undefined are left out. */
export function jsonText(value: unknown, maxDepth: number, fail: Fail): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (maxDepth === 0) throw fail('is nested too deep');
  if (Array.isArray(value)) return `[${value.map((v) => jsonText(v, maxDepth - 1, fail)).join()}]`;
  const members =
    value instanceof Map ? [...value] : isPlainObject(value) ? Object.entries(value) : undefined;
  if (!members) throw fail(`holds ${show(value)}, which JSON cannot say`);
  const parts = members
    .filter(([, v]) => v !== undefined)
    .map(([k, v]) => `${JSON.stringify(k)}:${jsonText(v, maxDepth - 1, fail)}`);
  return `{${parts.join()}}`;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
