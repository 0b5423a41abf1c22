import { writeFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { modelOptions, type Call, type Command } from '../command.js';
import { defaultModel, withModel } from '../model.js';
import type { GenerateOptions } from '../../models/generate/options.js';
import type { Model } from '../../models/model.js';

/** Writes text after a prompt. */
export const run: Command = {
  name: 'run',
  args: '[MODEL [PROMPT]]',
  doc: [
    'Write text after a prompt, as it comes; tokens a second at the end.',
    'Without MODEL: the story teller that ships with Mia. Without PROMPT: standard input where it is a pipe.',
  ].join('\n'),
  count: [0, 2],
  options: {
    ...modelOptions,
    'max-tokens': { value: 'N', doc: 'tokens to write at most (256)' },
    context: {
      value: 'N',
      doc: 'positions of prompt and text together (what the model knows, 4096 at most)',
    },
    temperature: { value: 'T', doc: 'of sampling; 0 takes the likeliest token each time (0)' },
    'top-k': { value: 'K', doc: 'draw from the K likeliest tokens only' },
    'top-p': { value: 'P', doc: 'draw from the likeliest tokens that have P of the probability' },
    'min-p': { value: 'P', doc: 'leave out tokens with less than P of the probability of the likeliest' },
    'repetition-penalty': {
      value: 'P',
      doc: 'make tokens that were there already less likely (1: as they are)',
    },
    seed: { value: 'N', doc: 'the same seed draws the same text' },
    stop: { value: 'TEXT', doc: 'end before this text; may be given several times', multiple: true },
    profile: { value: 'FILE', doc: 'write a trace of every step there, for ui.perfetto.dev' },
    chat: { doc: "the prompt is a message to the model, put into the model's own template" },
  },
  async run(call) {
    const [path = defaultModel, given] = call.args;
    const prompt = given ?? (process.stdin.isTTY ? '' : await readAll(process.stdin));
    const options = optionsOf(call);
    const trace = call.text('profile');
    await withModel(call, path, async (model) => {
      if (trace === undefined) return write(call, model, prompt, options);
      const profile = await model.device.profile(() => write(call, model, prompt, options));
      writeFileSync(trace, profile.toTrace());
    });
  },
};

function optionsOf(call: Call): GenerateOptions {
  const stop = call.texts('stop');
  const numbers = {
    maxTokens: call.number('max-tokens'),
    temperature: call.number('temperature'),
    topK: call.number('top-k'),
    topP: call.number('top-p'),
    minP: call.number('min-p'),
    repetitionPenalty: call.number('repetition-penalty'),
    seed: call.number('seed'),
  };
  const given = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...(stop.length > 0 && { stop }) };
}

async function write(call: Call, model: Model, prompt: string, options: GenerateOptions): Promise<void> {
  const { output } = call;
  const stopped = new AbortController();
  const interrupt = (): void => stopped.abort();
  process.once('SIGINT', interrupt);
  const settings = { ...options, signal: stopped.signal };
  const tokens = call.flag('chat')
    ? model.chat([{ role: 'user', content: prompt }], settings)
    : model.generate(prompt, settings);
  let written = '';
  let count = 0;
  const start = performance.now();
  let first = start;
  try {
    for await (const { text } of tokens) {
      if (count++ === 0) {
        first = performance.now();
        if (!output.json && !call.flag('chat')) output.write(prompt);
      }
      written += text;
      if (!output.json) output.write(text);
    }
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    process.off('SIGINT', interrupt);
  }
  const end = performance.now();
  const speed = count > 1 ? ((count - 1) * 1000) / (end - first) : 0;
  const stats = { tokens: count, firstTokenMs: first - start, tokensPerSecond: speed };
  if (output.json) return output.value({ prompt, text: written, ...stats });
  if (!written.endsWith('\n')) output.line('');
  output.note(
    `${count} tokens, ${speed.toFixed(1)} a second, the first after ${(first - start).toFixed(0)} ms`,
  );
}
