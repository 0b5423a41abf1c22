import { describe, expect, it } from 'vitest';
import { runScript } from './run-script.js';

/** Refuses to load a package of @huggingface, and says which was asked for. */
const hooks = `data:text/javascript,${encodeURIComponent(`
  export function resolve(specifier, context, next) {
    if (specifier.startsWith('@huggingface/')) throw new Error('loaded ' + specifier);
    return next(specifier, context);
  }`)}`;

const run = (body: string) =>
  runScript(`
    import { register } from 'node:module';
    register(${JSON.stringify(hooks)});
    const { Tokenizer } = await import('./dist/models/text/tokenizer.js');
    const { renderChat } = await import('./dist/models/text/chat.js');
    await import('./dist/index.js');
    ${body}
    console.log('ok');`);

describe('libraries for text', () => {
  it('are not loaded by importing what uses them', async () => {
    expect(await run('')).toMatchObject({ code: 0, out: 'ok\n' });
  });

  it('are loaded by the first tokenizer and the first chat', async () => {
    const tokenizer = `{ model: { type: 'BPE', vocab: {}, merges: [] } }`;
    const create = `await Tokenizer.create({ tokenizer: ${tokenizer}, config: {} });`;
    expect((await run(create)).err).toContain('loaded @huggingface/tokenizers');
    const chat = `await renderChat({ chat_template: '' }, [{ role: 'user' }]);`;
    expect((await run(chat)).err).toContain('loaded @huggingface/jinja');
  });
});
