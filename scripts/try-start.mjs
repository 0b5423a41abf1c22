// The main job as a newcomer meets it: `npm start`, the three lines that it prints, then SIGTERM.
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './files.mjs';

const READY_MS = 600_000; // a fresh clone is set up first
const END_MS = 40_000;

/** What the server has printed once it has printed all its lines. */
async function printed(child) {
  let text = '';
  child.stdout.on('data', (data) => (text += data));
  for (const end = Date.now() + READY_MS; Date.now() < end; await sleep(50)) {
    const lines = text.split('\n').filter((line) => line.startsWith('curl '));
    if (lines.length === 3 && text.endsWith('\n')) return { text, lines };
    if (child.exitCode !== null) break;
  }
  throw new Error(`npm start printed no three lines to try:\n${text}`);
}

function tryLine(line) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8', timeout: 60_000 });
  console.log(`$ ${line}\n${stdout.trimEnd().split('\n').at(-1).slice(0, 200)}\n`);
  if (status !== 0 || stdout === '' || /"error"/.test(stdout))
    throw new Error(`the line failed (${status}):\n${stdout}${stderr}`);
}

// The server is a child of npm's: a group of its own gets the signal whole, as from a terminal.
const child = spawn('npm', ['start'], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
const exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
let url;
try {
  const { text, lines } = await printed(child);
  [url] = /http:\S+/.exec(text);
  console.log(text.trimEnd(), '\n');
  for (const line of lines) tryLine(line);
} finally {
  process.kill(-child.pid, 'SIGTERM');
}
const code = await Promise.race([exited, sleep(END_MS, 'no end', { ref: false })]);
console.log(`SIGTERM: ended with ${code}`);
// npm got the signal too, and may say so; what counts is that the server ended by itself and in time.
const gone = await fetch(url).then(
  () => false,
  () => true,
);
process.exitCode = gone && [0, 143, 'SIGTERM'].includes(code) ? 0 : 1;
