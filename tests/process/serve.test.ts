/** `mia serve` as a process: what it prints, and how it ends. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Served {
  readonly url: string;
  readonly curls: string[];
  readonly log: () => { msg: string }[];
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts `mia serve` and waits for its lines. */
function start(...args: string[]): Promise<Served> {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'serve', '--port', '0', '--log', ...args], {
    cwd: root,
  });
  let [out, err] = ['', ''];
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal)),
  );
  const log = () =>
    err
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { msg: string });
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
      const curls = out.split('\n').filter((line) => line.startsWith('curl '));
      const url = /http:\S+/.exec(out)?.[0];
      if (curls.length === 3 && out.endsWith('\n'))
        resolve({ url: url!, curls, log, ended, kill: (s) => child.kill(s) });
    });
    void ended.then((code) => reject(new Error(`ended with ${code}: ${err}`)));
  });
}

const write = (url: string, n: number): Promise<Response> =>
  fetch(`${url}/v1/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'stories',
      prompt: 'Once',
      max_tokens: 400,
      ignore_eos: true,
      n,
      stream: true,
    }),
  });

test('the lines that it prints work as they are; SIGTERM ends it with 0', async () => {
  const served = await start();
  for (const curl of served.curls) {
    const { status, stdout } = spawnSync('bash', ['-c', curl], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/stories/);
    expect(stdout).not.toMatch(/"error"/);
  }
  served.kill('SIGTERM');
  expect(await served.ended).toBe(0);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s under load: what was accepted is answered whole, nothing new is',
  async (signal) => {
    const served = await start();
    const answers = await Promise.all([write(served.url, 8), write(served.url, 8), write(served.url, 8)]);
    served.kill(signal);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    for (const text of texts) {
      expect(text.match(/"finish_reason":"length"/g)).toHaveLength(8);
      expect(text).toMatch(/data: \[DONE\]\n\n$/);
    }
    expect(await served.ended).toBe(0);
    await expect(fetch(served.url)).rejects.toThrow();
    expect(served.log().filter(({ msg }) => msg === 'request')).toHaveLength(3);
  },
);

test('the deadline cuts off what takes too long, and it still ends with 0', async () => {
  const served = await start('--drain', '0.1', '--max-batch', '1');
  const answer = await write(served.url, 100);
  served.kill('SIGTERM');
  const told = performance.now();
  await expect(answer.text()).rejects.toThrow();
  expect(await served.ended).toBe(0);
  expect(performance.now() - told).toBeLessThan(3000);
});

test.each([
  [['--max-batch', '0'], 1, /maxBatch/],
  [['--max-queue', 'many'], 2, /number/],
  [['a=models/stories', 'a=models/stories'], 2, /two models are named a/],
  [['/nowhere/at/all/b'], 1, /nowhere/],
])('%j is refused', (args, status, message) => {
  const ended = spawnSync(process.execPath, ['dist/cli/main.js', 'serve', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(ended).toMatchObject({ status, stderr: expect.stringMatching(message) });
});
