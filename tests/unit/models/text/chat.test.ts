import { describe, expect, it } from 'vitest';
import { MiaError } from '../../../../lib/errors.js';
import { renderChat } from '../../../../lib/models/text/chat.js';

const chatMl =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const hello = [{ role: 'user', content: 'Hello' }];
const render = (template: unknown, options = {}, messages: { role: string }[] = hello) =>
  renderChat(
    { bos_token: { content: '<s>' }, eos_token: '</s>', chat_template: template },
    messages,
    options,
  );

describe('renderChat', () => {
  it('writes the messages as the template says', async () => {
    const messages = [{ role: 'system', content: 'Be brief.' }, ...hello];
    expect(await render(chatMl, {}, messages)).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n',
    );
    expect(await render(chatMl, { addGenerationPrompt: false })).toBe('<|im_start|>user\nHello<|im_end|>\n');
  });

  it('gives the template special tokens, tools and variables', async () => {
    const template =
      '{{ bos_token }}{{ tools | tojson }}{{ thinking }}{{ documents is none }}{{ eos_token }}';
    const options = { tools: [{ name: 'f' }], variables: { thinking: 3 } };
    expect(await render(template, options)).toBe('<s>[{"name": "f"}]3true</s>');
  });

  it('chooses among named templates', async () => {
    const templates = [
      { name: 'default', template: 'plain' },
      { name: 'tool_use', template: 'tools' },
    ];
    expect(await render(templates)).toBe('plain');
    expect(await render(templates, { tools: [] })).toBe('tools');
    expect(await render(templates, { template: 'tool_use' })).toBe('tools');
    await expect(render(templates, { template: 'other' })).rejects.toThrow(
      "chat: the model has no chat template of this name: expected 'default' or 'tool_use', got 'other'",
    );
  });

  it('knows Python’s range and strftime', async () => {
    expect(await render('{{ range(3) | join }} {{ range(5, 1, -2) | join }}')).toBe('012 53');
    expect(await render("{{ strftime_now('%Y') }}")).toBe(String(new Date().getFullYear()));
    expect(await render("{{ strftime_now('%d %b %H:%M 100%% %Q') }}")).toMatch(
      /^\d\d [A-Z][a-z]{2} \d\d:\d\d 100% %Q$/,
    );
  });

  it('says that a model has no template', async () => {
    const error = await render(undefined).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(MiaError);
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED', op: 'chat' });
    expect((error as Error).message).toContain('no chat template');
  });

  it('repeats what the template raises', async () => {
    const template = "{{ raise_exception('Conversation roles must alternate') }}";
    await expect(render(template)).rejects.toThrow(
      'chat: the chat template refuses the messages: Conversation roles must alternate',
    );
  });

  it.each([
    ['broken', '{% for %}'],
    ['calls what is not there', '{{ nothing() }}'],
    ['is of another type', 42],
    ['is a list of something else', [{ name: 'default' }]],
  ])('refuses a template that %s', async (_, template) => {
    await expect(render(template)).rejects.toMatchObject({ code: 'ERR_FORMAT', op: 'chat' });
  });

  it.each([[[]], [['text']], [[{ content: 'x' }]], ['text']])('refuses %j as messages', async (messages) => {
    await expect(renderChat({ chat_template: chatMl }, messages as never)).rejects.toMatchObject({
      code: 'ERR_FORMAT',
      op: 'chat',
    });
  });

  const forever = '{% for i in range(100000) %}{% for j in range(100000) %}';
  const twice = (grown: string) =>
    `{% set ns = namespace(x=${grown}) %}{% for i in range(60) %}{% set ns.x = GROW %}{% endfor %}`;
  it.each([
    ['loops', `${forever}{% endfor %}{% endfor %}`],
    ['writes without end', `${forever}aaaaaaaaaaaaaaa{{ i }}{% endfor %}{% endfor %}`],
    ['asks for a long range', '{% for i in range(10 ** 12) %}{% endfor %}{{ range(1000000000000) }}'],
    ['doubles a list', twice('[1]').replace('GROW', 'ns.x + ns.x')],
    ['doubles a text', twice("'ab'").replace('GROW', 'ns.x ~ ns.x')],
    [
      'replaces letters by words',
      twice("'ab'").replace('GROW', "ns.x | replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaa')"),
    ],
    ['calls itself', '{% macro f(g) %}{{ g(g) }}{% endmacro %}{{ f(f) }}'],
    ['is nested too deep', `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`],
    ['is too long', 'a'.repeat(2 ** 20 + 1)],
  ])('ends a template that %s', async (_, template) => {
    const started = performance.now();
    await expect(render(template)).rejects.toMatchObject({ code: 'ERR_FORMAT', op: 'chat' });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(await render('still works')).toBe('still works');
  });
});
