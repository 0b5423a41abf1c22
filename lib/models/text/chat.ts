/** Messages of a chat as the one text that the model was trained on, by its own chat template. */
import { MiaError, show } from '../../errors.js';
import { isPlainObject } from '../../ir/json.js';
import { badChat, messageOf } from './errors.js';
import { contentOf } from './tokenizer.js';
import type { Json } from './tokenizer-json.js';

export interface ChatMessage {
  readonly role: string;
  /** Text; some models' templates also take a list of parts. */
  readonly content?: unknown;
  /** What else the model's template knows: tool_calls, name, reasoning_content... */
  readonly [key: string]: unknown;
}

export interface ChatOptions {
  /** Ends the text where the model's answer begins. Default true. */
  addGenerationPrompt?: boolean;
  /** Functions that the model may call, as JSON schemas. */
  tools?: readonly unknown[];
  /** Which template to use of a model that has several. Default: 'tool_use' where there are tools and it exists, else 'default'. */
  template?: string;
  /** Variables that this model's template reads besides: enable_thinking, documents... */
  variables?: Readonly<Record<string, unknown>>;
}

/**
 * The text of a chat, special tokens included: encode it with `addSpecialTokens: false`. `config` is tokenizer_config.json's
 * (`tokenizer.config`). Throws ERR_UNSUPPORTED for a model without a template, ERR_FORMAT with the template's own words where
 * it refuses the messages.
 */
export async function renderChat(
  config: Json,
  messages: readonly ChatMessage[],
  options: ChatOptions = {},
): Promise<string> {
  const { addGenerationPrompt = true, tools, variables } = options;
  const template = templateOf(config['chat_template'], options);
  checkMessages(messages);
  const { Refusal, renderTemplate } = await import('./template.js');
  try {
    return renderTemplate(template, {
      ...specialTokens(config),
      documents: null,
      ...variables,
      messages,
      tools: tools ?? null,
      add_generation_prompt: addGenerationPrompt,
    });
  } catch (cause) {
    const refused = cause instanceof Refusal;
    const what = refused ? 'the chat template refuses the messages' : 'the chat template failed';
    throw badChat({ message: `${what}: ${messageOf(cause)}`, cause });
  }
}

/** bos_token, eos_token... by name: templates write them. */
function specialTokens(config: Json): Record<string, string> {
  const tokens = Object.entries(config)
    .filter(([key]) => key.endsWith('_token'))
    .map(([key, token]) => [key, contentOf(token)]);
  return Object.fromEntries(tokens.filter(([, token]) => token !== undefined));
}

function templateOf(templates: unknown, { template: name, tools }: ChatOptions): string {
  if (templates === undefined || templates === null) {
    const message = 'the model has no chat template: it is no chat model, or give it a text with generate';
    throw new MiaError('ERR_UNSUPPORTED', 'chat', message);
  }
  const named = typeof templates === 'string' ? new Map([['default', templates]]) : namedTemplates(templates);
  const wanted = name ?? (tools && named.has('tool_use') ? 'tool_use' : 'default');
  const template = named.get(wanted);
  if (template !== undefined) return template;
  const expected = [...named.keys()].map(show).join(' or ');
  throw badChat({ message: 'the model has no chat template of this name', expected, actual: show(wanted) });
}

function namedTemplates(templates: unknown): Map<string, string> {
  const entries = Array.isArray(templates) ? templates : [templates];
  return new Map(
    entries.map((entry) => {
      const { name, template } = isPlainObject(entry) ? entry : {};
      if (typeof name === 'string' && typeof template === 'string') return [name, template];
      const expected = 'a text, or a list of { name, template }';
      throw badChat({ message: 'chat_template is broken', expected, actual: show(templates) });
    }),
  );
}

function checkMessages(messages: readonly ChatMessage[]): void {
  const expected = 'a list of { role, content }';
  if (!Array.isArray(messages) || messages.length === 0) {
    throw badChat({ message: 'no messages', expected, actual: show(messages) });
  }
  messages.forEach((message: unknown, i) => {
    if (isPlainObject(message) && typeof message['role'] === 'string') return;
    throw badChat({ message: `message ${i} is none`, expected: '{ role, content }', actual: show(message) });
  });
}
