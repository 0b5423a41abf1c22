/**
 * Runs a chat template, which is a program that came with a model: within limits of size, work and time, so that no
 * template can hang the process or use up its memory. This file loads the Jinja library; import it when one is needed.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { createContext, Script } from 'node:vm';

/** A template may be this long (characters), one value this large (characters or elements). */
const maxTemplate = 2 ** 20;
const maxValue = 2 ** 22;
/** Elements and characters that a run may look at, and how long it may take. Chats of 100,000 words need a hundredth. */
const maxWork = 2 ** 28;
const maxMilliseconds = 2000;

/** What a template says by raise_exception. */
export class Refusal extends Error {}

/** The text of a template with these variables. Throws Refusal, or an Error that says what is wrong with the template. */
export function renderTemplate(template: string, variables: Readonly<Record<string, unknown>>): string {
  if (template.length > maxTemplate) throw new Error(`the template is longer than ${maxTemplate} characters`);
  return withinTime(() => {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
    const program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }));
    return String(new BoundedInterpreter(environment).run(program).value);
  });
}

/** What is used of the library's interpreter, whose own types NodeNext cannot resolve. */
interface Evaluator {
  run(program: unknown): { value: unknown };
  evaluate(node: unknown, environment: unknown): { value: unknown };
}
const Evaluator = Interpreter as unknown as new (environment: unknown) => Evaluator;

class BoundedInterpreter extends Evaluator {
  private work = 0;

  /** Every value that a template makes passes here. */
  override evaluate(node: unknown, environment: unknown): { value: unknown } {
    const result = super.evaluate(node, environment);
    const { value } = result;
    const size = typeof value === 'string' || Array.isArray(value) ? value.length : 1;
    this.work += size;
    if (size > maxValue) throw new Error(`a value of the template grows beyond ${maxValue}`);
    if (this.work > maxWork) throw new Error('the template takes too much work');
    return result;
  }
}

const script = new Script('run()');
const context = createContext({});

/** V8 ends whatever a script calls, code from outside its context included. */
function withinTime<T>(run: () => T): T {
  try {
    context['run'] = run;
    return script.runInContext(context, { timeout: maxMilliseconds }) as T;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new Error(`the template runs longer than ${maxMilliseconds} ms`, { cause: error });
  } finally {
    context['run'] = undefined;
  }
}

const globals = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range,
  raise_exception: (message: unknown) => {
    throw new Refusal(String(message));
  },
  strftime_now: (format: unknown) => strftime(new Date(), String(format)),
};

/** Python's range. */
function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!(count <= maxValue)) throw new Error(`range(${start}, ${stop}, ${step}) is too long`);
  return Array.from({ length: count }, (_, i) => start + i * step);
}

/** Python's strftime in English, as far as templates use it. */
function strftime(date: Date, format: string): string {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-US', options).format(date);
  const two = (value: number) => String(value).padStart(2, '0');
  const codes: Record<string, () => string> = {
    Y: () => String(date.getFullYear()),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    H: () => two(date.getHours()),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    B: () => part({ month: 'long' }),
    b: () => part({ month: 'short' }),
    A: () => part({ weekday: 'long' }),
    a: () => part({ weekday: 'short' }),
    '%': () => '%',
  };
  return format.replace(/%(.)/g, (text, code: string) => codes[code]?.() ?? text);
}
