import { show } from '../../errors.js';
import { isPlainObject, parseJson } from '../../ir/json.js';
import { fileError } from './errors.js';
import { openFile } from './mapped.js';

const MAX_BYTES = 2 ** 28;
const MAX_DEPTH = 64;

/** The object that a JSON file holds. Throws ERR_FORMAT, naming the path. */
export function readJsonFile(path: string): Record<string, unknown> {
  const file = openFile(path, { map: false });
  let text: string;
  try {
    if (file.size > MAX_BYTES) {
      throw fileError(path, {
        message: 'too long',
        expected: `at most ${MAX_BYTES} bytes`,
        actual: `${file.size}`,
      });
    }
    text = new TextDecoder('utf-8', { fatal: true }).decode(file.part(0, file.size));
  } catch (cause) {
    throw cause instanceof TypeError ? fileError(path, { message: 'is not UTF-8', cause }) : cause;
  } finally {
    file.close();
  }
  const value = parseJson(text, MAX_DEPTH, (message, cause) => fileError(path, { message, cause }));
  if (!isPlainObject(value))
    throw fileError(path, { message: 'bad JSON', expected: 'an object', actual: show(value) });
  return value;
}
