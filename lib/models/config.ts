import { MiaError, show } from '../errors.js';

/** Fields of a model's configuration, which is somebody else's file: each is read as the type that the model needs. */
export class Config {
  constructor(
    /** Where it comes from, for messages. */
    readonly source: string,
    readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  /** Whether a field is there and not null. */
  has(name: string): boolean {
    return this.fields[name] !== undefined && this.fields[name] !== null;
  }

  /** An integer > 0. */
  size(name: string, fallback?: number): number {
    return this.#read(name, 'an integer > 0', (v) => Number.isSafeInteger(v) && (v as number) > 0, fallback);
  }

  /** An integer >= 0. */
  count(name: string, fallback?: number): number {
    return this.#read(
      name,
      'an integer >= 0',
      (v) => Number.isSafeInteger(v) && (v as number) >= 0,
      fallback,
    );
  }

  number(name: string, fallback?: number): number {
    return this.#read(name, 'a number', Number.isFinite, fallback);
  }

  flag(name: string, fallback?: boolean): boolean {
    return this.#read(name, 'true or false', (v) => typeof v === 'boolean', fallback);
  }

  text(name: string, fallback?: string): string {
    return this.#read(name, 'a string', (v) => typeof v === 'string', fallback);
  }

  /** One of `words`; ERR_UNSUPPORTED for another string. */
  word<W extends string>(name: string, words: readonly W[], fallback?: W): W {
    const text = this.text(name, fallback);
    if ((words as readonly string[]).includes(text)) return text as W;
    throw new MiaError('ERR_UNSUPPORTED', 'loadModel', {
      message: `${this.source}: ${name}`,
      expected: words.join(', '),
      actual: text,
    });
  }

  numbers(name: string): number[] {
    return this.#read(name, 'a list of numbers', (v) => Array.isArray(v) && v.every(Number.isFinite));
  }

  texts(name: string): string[] {
    const strings = (v: unknown): boolean => Array.isArray(v) && v.every((s) => typeof s === 'string');
    return this.#read(name, 'a list of strings', strings);
  }

  /** A field that is an object itself; empty if it is not there. */
  part(name: string): Config {
    const fields = this.#read(name, 'an object', isObject, {}) as Record<string, unknown>;
    return new Config(`${this.source}: ${name}`, fields);
  }

  /** The same, with these fields where it has none. */
  defaults(fields: Readonly<Record<string, unknown>>): Config {
    const own = Object.entries(this.fields).filter(([, value]) => value !== undefined && value !== null);
    return new Config(this.source, { ...fields, ...Object.fromEntries(own) });
  }

  /** The same without a field. */
  without(name: string): Config {
    return new Config(this.source, { ...this.fields, [name]: undefined });
  }

  fail(message: string, expected?: string, actual?: string): never {
    throw new MiaError('ERR_FORMAT', 'loadModel', {
      message: `${this.source}: ${message}`,
      expected,
      actual,
    });
  }

  #read<T>(name: string, expected: string, fits: (value: unknown) => boolean, fallback?: T): T {
    const value = this.fields[name] ?? fallback;
    if (value !== undefined && fits(value)) return value as T;
    return this.fail(value === undefined ? `no ${name}` : `bad ${name}`, expected, show(value));
  }
}

const isObject = (v: unknown): boolean => typeof v === 'object' && v !== null && !Array.isArray(v);
