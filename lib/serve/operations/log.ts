/** Structured logs: facts first, then words, as pino's methods take them. */
type Write = (facts: object, message: string) => void;

export interface Log {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

const levels = { info: 30, warn: 40, error: 50 } as const;

/** One JSON object a line, with pino's fields. */
export function jsonLog(write: (line: string) => void): Log {
  const at =
    (level: number): Write =>
    (facts, msg) =>
      write(`${JSON.stringify({ level, time: Date.now(), ...facts, msg }, errorsAsText)}\n`);
  return { info: at(levels.info), warn: at(levels.warn), error: at(levels.error) };
}

const errorsAsText = (_key: string, value: unknown): unknown =>
  value instanceof Error ? { type: value.name, message: value.message, stack: value.stack } : value;
