// Text written after a prompt, or as an answer in a chat, as it comes.
import { events } from './api.js';
import { element, numberField } from './element.js';

/** The controls that both have, and how a request runs with them. */
function controls(label) {
  const fields = {
    temperature: numberField('Temperature', 0.8, { min: 0, max: 2, step: 0.1 }),
    top_p: numberField('Top p', 0.95, { min: 0, max: 1, step: 0.05 }),
    max_tokens: numberField('Tokens', 250, { min: 1, step: 10 }),
    seed: numberField('Seed', '', { min: 0, placeholder: 'any' }),
  };
  const button = element('button', { className: 'main', textContent: label });
  const note = element('span', { className: 'note', role: 'status' });
  const row = element('div', { className: 'row' }, ...Object.values(fields).map(({ field }) => field));
  let running;
  const settings = () =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([name, { input }]) =>
        input.value === '' ? [] : [[name, Number(input.value)]],
      ),
    );
  /** Streams events to `take`; pressing the button again ends it. */
  const run = async (path, body, take) => {
    running = new AbortController();
    button.textContent = 'Stop';
    note.className = 'note';
    note.textContent = '';
    const start = performance.now();
    let [first, count] = [0, 0];
    try {
      const request = { ...settings(), ...body, stream: true };
      for await (const { choices } of events(path, request, running.signal)) {
        if (count++ === 0) first = performance.now();
        take(choices[0]);
        const rate = (count * 1000) / (performance.now() - start);
        note.textContent = `${count} tokens, ${rate.toFixed(0)} a second, the first after ${(first - start).toFixed(0)} ms`;
      }
    } catch (error) {
      if (error.name !== 'AbortError') {
        note.className = 'note error';
        note.textContent = error.message;
      }
    } finally {
      running = undefined;
      button.textContent = label;
    }
  };
  const bar = element('div', { className: 'row' }, button, note);
  const whenPressed = (start) =>
    button.addEventListener('click', () => (running ? running.abort() : void start()));
  return { row, bar, run, whenPressed };
}

/** Ctrl+Enter, or Cmd+Enter. */
const whenEntered = (field, then) =>
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void then();
  });

export function completion(panel, model) {
  const prompt = element('textarea', { rows: 3, value: 'Once upon a time', ariaLabel: 'Prompt' });
  const out = element('div', { className: 'out', 'data-empty': 'The text appears here. Ctrl+Enter writes.' });
  const { row, bar, run, whenPressed } = controls('Write');
  const write = () => {
    const text = document.createTextNode('');
    out.replaceChildren(element('span', { className: 'given', textContent: prompt.value }), text);
    return run('/v1/completions', { model, prompt: prompt.value }, (choice) => {
      text.data += choice.text;
      out.scrollTop = out.scrollHeight;
    });
  };
  whenPressed(write);
  whenEntered(prompt, write);
  panel.replaceChildren(prompt, row, bar, out);
}

export function chat(panel, model) {
  const messages = [];
  const out = element('div', { className: 'out', 'data-empty': 'Say something. Ctrl+Enter sends.' });
  const input = element('textarea', { rows: 2, ariaLabel: 'Message' });
  const { row, bar, run, whenPressed } = controls('Send');
  const turn = (role, text) => {
    const made = element('div', { className: `turn ${role}`, textContent: text });
    out.append(made);
    return made;
  };
  const send = async () => {
    if (input.value.trim() === '') return;
    messages.push({ role: 'user', content: input.value });
    turn('user', input.value);
    input.value = '';
    const answer = { role: 'assistant', content: '' };
    const shown = turn('assistant', '');
    await run('/v1/chat/completions', { model, messages }, ({ delta }) => {
      answer.content += delta.content ?? '';
      shown.textContent = answer.content;
      out.scrollTop = out.scrollHeight;
    });
    messages.push(answer);
  };
  whenPressed(send);
  whenEntered(input, send);
  panel.replaceChildren(out, input, row, bar);
}
