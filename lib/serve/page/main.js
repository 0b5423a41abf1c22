// The page: a playground for what the chosen model can do, and live charts.
import { json, setKey, whenLocked } from './api.js';
import { start } from './charts.js';
import { drawing } from './drawing.js';
import { element } from './element.js';
import { similarity } from './similarity.js';
import { chat, completion } from './text.js';

const views = [
  { title: 'Chat', fits: (can) => can.chat, open: chat },
  { title: 'Completion', fits: (can) => can.write, open: completion },
  { title: 'Similarity', fits: (can) => can.embed, open: similarity },
  { title: 'Drawing', fits: (can) => can.classify && can.sees, open: drawing },
];

const [models, tabs, panel, state, key, keyField] = [
  'model',
  'tabs',
  'panel',
  'state',
  'key',
  'key-field',
].map((id) => document.getElementById(id));
let known = [];

async function load() {
  try {
    known = (await json('/v1/models')).data;
  } catch (error) {
    panel.replaceChildren(element('p', { className: 'error', textContent: error.message }));
    return;
  }
  models.replaceChildren(...known.map(({ id }) => element('option', { value: id, textContent: id })));
  if (known.length > 0) choose();
}

function choose() {
  const { id, abilities } = known.find((model) => model.id === models.value);
  const fitting = views.filter(({ fits }) => fits(abilities));
  const buttons = fitting.map(({ title, open }) => {
    const button = element('button', { textContent: title, role: 'tab' });
    button.addEventListener('click', () => {
      buttons.forEach((other) => other.setAttribute('aria-selected', String(other === button)));
      open(panel, id);
    });
    return button;
  });
  tabs.replaceChildren(...buttons);
  panel.replaceChildren(
    element('p', { className: 'note', textContent: 'This model takes tensors only: /v2/models/NAME/infer.' }),
  );
  buttons[0]?.click();
}

models.addEventListener('change', choose);
whenLocked(() => (keyField.hidden = false));
key.addEventListener('change', () => {
  setKey(key.value);
  void load();
});

const words = { ready: 'ready', loading: 'loading', away: 'not reachable' };
let shown;
void start(document.getElementById('charts'), (name) => {
  state.className = `state ${name}`;
  state.textContent = words[name];
  if (name === 'ready' && shown !== 'ready' && known.length === 0) void load();
  shown = name;
});
