// How alike texts are: cosines of their embeddings.
import { json } from './api.js';
import { element } from './element.js';

const examples = [
  'A fox walked through the snow',
  'The robot was sad because it was raining',
  'Snow fell on a little fox',
];

export function similarity(panel, model) {
  const texts = element('textarea', { rows: 5, value: examples.join('\n'), ariaLabel: 'Texts, one a line' });
  const button = element('button', { className: 'main', textContent: 'Compare' });
  const note = element('span', { className: 'note', textContent: 'One text a line.', role: 'status' });
  const out = element('div');
  button.addEventListener('click', async () => {
    const input = texts.value.split('\n').filter((line) => line.trim() !== '');
    if (input.length === 0) return;
    try {
      const start = performance.now();
      const { data, usage } = await json('/v1/embeddings', { model, input });
      note.className = 'note';
      note.textContent = `${usage.prompt_tokens} tokens, ${data[0].embedding.length} numbers a text, ${(performance.now() - start).toFixed(0)} ms`;
      out.replaceChildren(
        matrix(
          input,
          data.map(({ embedding }) => embedding),
        ),
      );
    } catch (error) {
      note.className = 'note error';
      note.textContent = error.message;
    }
  });
  panel.replaceChildren(texts, element('div', { className: 'row' }, button, note), out);
}

function matrix(texts, vectors) {
  const table = element('table');
  vectors.forEach((a, i) => {
    const cells = vectors.map((b) => {
      const value = cosine(a, b);
      const cell = element('td', { textContent: value.toFixed(2) });
      const share = Math.round(Math.max(0, value) * 70);
      cell.style.background = `color-mix(in oklab, var(--accent) ${share}%, var(--field))`;
      if (share > 45) cell.style.color = 'var(--on-accent)';
      return cell;
    });
    table.append(element('tr', {}, element('th', { textContent: texts[i], title: texts[i] }), ...cells));
  });
  return table;
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const cosine = (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
