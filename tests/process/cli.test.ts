/** The `mia` command through its built file: what it prints where, and how it ends. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { variables } from '../../lib/env.js';
import { Cpu, Tensor } from '../../lib/index.js';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'dist/cli/main.js');
const stories = join(root, 'models/stories');
const folder = mkdtempSync(join(tmpdir(), 'mia-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `mia`; `input` is its standard input, `meanwhile` sees its output as it comes. */
function mia(
  args: readonly string[],
  input = '',
  meanwhile?: (child: ReturnType<typeof spawn>) => void,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
    meanwhile?.(child);
  });
}

const json = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { code, out, err } = await mia([...args, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Record<string, unknown>;
};

describe('calls', () => {
  test('help lists every command, and each command its options', async () => {
    const { code, out } = await mia(['--help']);
    expect(code).toBe(0);
    for (const name of ['info', 'run', 'embed', 'serve', 'bench', 'graph', 'inspect', 'quantize']) {
      expect(out).toContain(`  ${name} `);
      const help = await mia([name, '--help']);
      expect(help.code).toBe(0);
      expect(help.out).toMatch(/--json +print JSON/);
    }
    expect((await mia(['run', '--help'])).out).toContain('--top-k K');
  });

  test.each([
    [[], 'mia COMMAND'],
    [['nonsense'], "there is no 'mia nonsense'"],
    [['run', '--nonsense'], "Unknown option '--nonsense'"],
    [['run', '--seed'], 'argument missing'],
    [['run', stories, 'text', 'more'], 'takes [MODEL [PROMPT]]'],
    [['run', '--temperature', 'warm'], "--temperature takes a number, not 'warm'"],
    [['run', '--weights', 'q9_9'], '--weights is one of'],
    [['embed'], 'needs MODEL'],
    [['embed', stories], 'needs texts'],
    [['quantize', stories, join(folder, 'never')], 'needs --to'],
    [['graph', stories, '--format', 'png'], '--format is one of'],
    [['graph', stories, '--shape', 'x'], '--shape takes'],
    [['graph', stories, '--profile'], '--profile goes with --format html'],
  ])('mia %j is no call: exit code 2', async (args, message) => {
    const { code, out, err } = await mia(args);
    expect(code).toBe(2);
    expect(out + err).toContain(message);
  });

  test.each([
    [['run', join(folder, 'no-such-folder'), 'x'], 'no-such-folder'],
    [['run', stories, 'x', '--temperature=-1'], 'temperature'],
    [['run', stories, 'x', '--context', '100000', '--max-tokens', '0'], 'maxTokens'],
    [['info', '--isa', 'mmx'], 'mmx'],
    [['inspect', join(root, 'package.json')], 'package.json'],
    [['embed', join(root, 'tests/fixtures/models/vit'), 'x'], 'vit does not embed'],
    [['run', join(root, 'tests/fixtures/models/bert'), 'x'], 'bert does not write text'],
  ])('mia %j fails with a sentence: exit code 1', async (args, message) => {
    const { code, out, err } = await mia(args);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(/^mia: /);
    expect(err).toContain(message);
    expect(err).not.toContain('    at ');
  });

  test('--version is the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect((await mia(['--version'])).out).toBe(`${version}\n`);
  });
});

test('info', async () => {
  const facts = await json('info', '--threads', '1');
  expect(facts).toMatchObject({ node: process.version, threads: 1 });
  expect(facts.isas).toContain(facts.isa);
  expect((await mia(['info'])).out).toMatch(/^node +v/);
  const { out } = await mia(['info', '--env']);
  for (const name of Object.keys(variables)) expect(out).toContain(name);
});

describe('run', () => {
  test('writes text to stdout and speed to stderr; the same seed writes the same', async () => {
    const args = ['run', stories, 'Mia the fox', '--max-tokens', '24', '--temperature', '0.9', '--seed', '7'];
    const first = await mia(args);
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/^Mia the fox.{20}/);
    expect(first.err).toMatch(/^24 tokens, [\d.]+ a second, the first after \d+ ms\n$/);
    expect((await mia(args)).out).toBe(first.out);
    expect((await mia([...args.slice(0, -1), '8'])).out).not.toBe(first.out);
  });

  test('without a model the one that ships; the prompt may come by a pipe', async () => {
    expect((await mia(['run', '--max-tokens', '8'])).out).toMatch(/\w/);
    const { out } = await mia(['run', stories, '--max-tokens', '8'], 'The queen was sad');
    expect(out).toMatch(/^The queen was sad.+\n$/s);
    const value = await json('run', stories, 'A girl named Anna', '--max-tokens', '6');
    expect(value).toMatchObject({ prompt: 'A girl named Anna', tokens: 6 });
  });

  test('ends at a stop string, which is not written', async () => {
    const { text } = await json('run', stories, 'Mia the fox', '--stop', '.', '--max-tokens', '60');
    expect(text).not.toContain('.');
  });

  test('a model without a chat template says so', async () => {
    const { code, err } = await mia(['run', stories, 'Hello', '--chat']);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('template') });
  });

  test('an interrupt ends the text: exit code 130', async () => {
    const { code } = await mia(
      ['run', stories, 'Mia', '--max-tokens', '500', '--temperature', '1'],
      '',
      (child) => child.stdout!.once('data', () => setTimeout(() => child.kill('SIGINT'), 20)),
    );
    expect([0, 130]).toContain(code); // a story may have been over by then
  });

  test('a reader that leaves is no error', async () => {
    const { code, err } = await mia(
      ['run', stories, 'Mia', '--max-tokens', '400', '--temperature', '1'],
      '',
      (child) => child.stdout!.once('data', () => child.stdout!.destroy()),
    );
    expect({ code, trace: err.includes('EPIPE') }).toEqual({ code: 0, trace: false });
  });
});

describe('embed', () => {
  test('a vector a line, of the lines of a pipe too; cosines', async () => {
    const { out } = await mia(['embed', stories], 'a fox\nthe rain\n');
    const rows = out
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    expect(rows.map((r) => r.length)).toEqual([256, 256]);
    const value = await json('embed', stories, 'a fox', 'a fox', 'the rain', '--similarity');
    const cosines = value.cosines as number[][];
    expect(cosines[0][1]).toBeCloseTo(1, 5);
    expect(cosines[0][2]).toBeLessThan(0.9999);
  });
});

describe('files', () => {
  test('inspect', async () => {
    const value = await json('inspect', stories);
    expect(value).toMatchObject({ format: 'safetensors', parameters: 3_738_880 });
    expect((value.tensors as { name: string }[]).map((t) => t.name)).toContain('model.norm.weight');
    expect((await mia(['inspect', stories, '--config'])).out).toContain('"model_type": "llama"');
  });

  test('quantize writes a model that runs, and nothing over what is there', async () => {
    const out = join(folder, 'q8');
    const value = await json('quantize', stories, out, '--to', 'q8_0');
    expect(value).toMatchObject({ format: 'q8_0', converted: 43, tensors: 56 });
    expect(value.bytes).toBeLessThan(4_100_000);
    const [small, large] = await Promise.all(
      [out, stories].map((path) => json('run', path, 'Once upon a time, Mia the fox', '--max-tokens', '12')),
    );
    expect(small.text).toBe(large.text);
    expect((await mia(['quantize', stories, out, '--to', 'q8_0'])).code).toBe(1);
  });

  test('graph: plans of models and tapes', async () => {
    expect((await mia(['graph', stories])).out).toMatch(/^flowchart TD\n/);
    expect((await mia(['graph', stories, '--format', 'text'])).out).toContain('linear.f16.f32');
    const svg = (await mia(['graph', stories, '--format', 'svg', '--shape', 'input_ids=1,8'])).out;
    expect(svg).toMatch(/^<svg .*<\/svg>\s*$/s);
    const html = (await mia(['graph', stories, '--format', 'html'])).out;
    expect(html).not.toMatch(/(src|href)=|url\(|@import/); // needs nothing else
    expect(html).not.toContain('Time by kernel');
    const steps = (await json('graph', join(root, 'tests/fixtures/models/bert'))).steps as unknown[];
    expect(steps.length).toBeGreaterThan(10);

    await using cpu = await Cpu.create();
    const t = Tensor.create(cpu, [2, 2], new Float32Array(4)).exp().add(1);
    const tape = join(folder, 'tape.safetensors');
    writeFileSync(tape, t.tape.toBytes({ data: true }));
    t.dispose();
    expect((await mia(['graph', tape, '--format', 'text'])).out).toContain('exp+add');
  });

  test('graph --profile: each step with its time, each slot with its life', async () => {
    const bert = join(root, 'tests/fixtures/models/bert');
    const vit = join(root, 'tests/fixtures/models/vit');
    for (const model of [
      [stories],
      [stories, '--shape', 'input_ids=1,5'],
      [bert],
      [vit, '--shape', 'pixel_values=1,3,24,24'],
    ]) {
      const plan = await json('graph', ...model, '--profile');
      const steps = plan.steps as { op: string }[];
      const times = plan.times as number[];
      expect(times).toHaveLength(steps.length);
      expect(times.every((t) => t >= 0)).toBe(true);
      expect(times.reduce((a, b) => a + b)).toBeGreaterThan(0);
    }
    const plan = await json('graph', stories);
    const steps = plan.steps as { op: string }[];
    const slots = plan.slots as { name: string; first: number; last: number }[];
    const html = (await mia(['graph', stories, '--format', 'html', '--profile'])).out;
    expect(html.match(/<rect /g)).toHaveLength(slots.filter((s) => !s.name.startsWith('in')).length);
    const [groups, rows] = html.split('Steps and slots');
    expect(groups).toContain('Time by kernel');
    expect(groups.match(/--share:/g)!.length).toBeGreaterThan(5);
    expect(rows.match(/<tr>.*?--share:.*? \u00b5s<\/td>/g)).toHaveLength(steps.length);

    await using cpu = await Cpu.create();
    const t = Tensor.create(cpu, [2, 2], new Float32Array(4)).exp().add(1);
    const tape = join(folder, 'timed.safetensors');
    writeFileSync(tape, t.tape.toBytes({ data: true }));
    t.dispose();
    const one = await json('graph', tape, '--profile');
    expect(one.times).toHaveLength((one.steps as unknown[]).length);
  });

  test('run --profile: a trace of every run', async () => {
    const file = join(folder, 'trace.json');
    const { code } = await mia(['run', stories, 'Once', '--max-tokens', '4', '--profile', file]);
    expect(code).toBe(0);
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as {
      traceEvents: { ph: string; cat?: string; ts: number; dur: number; args: { steps?: number } }[];
    };
    const runs = traceEvents.filter((e) => e.cat === 'run');
    expect(runs.length).toBeGreaterThanOrEqual(4);
    const steps = traceEvents.filter((e) => e.cat === 'step');
    expect(steps).toHaveLength(runs.reduce((sum, r) => sum + r.args.steps!, 0));
  });

  test('bench', async () => {
    const value = await json('bench', stories, '--prompt', '16', '--generate', '8', '--repeat', '1');
    const rows = value.rows as { test: string; tokensPerSecond: number }[];
    expect(rows.map((r) => r.test)).toEqual(['prompt 16', 'write 8']);
    expect(rows.every((r) => r.tokensPerSecond > 0)).toBe(true);
  });
});
