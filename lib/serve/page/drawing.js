// A drawing, and what an image classifier sees in it.
import { json } from './api.js';
import { element } from './element.js';

const SIDE = 28;
const SHOWN = 10;

export function drawing(panel, model) {
  const pad = element('canvas', { className: 'pad', width: 280, height: 280, ariaLabel: 'Draw here' });
  const context = pad.getContext('2d', { willReadFrequently: true });
  const answers = element('ol', { className: 'answers' });
  const note = element('span', {
    className: 'note',
    textContent: 'Draw with the mouse or a finger.',
    role: 'status',
  });
  const clear = element('button', { textContent: 'Clear' });
  const wipe = () => {
    context.fillStyle = '#000';
    context.fillRect(0, 0, pad.width, pad.height);
    answers.replaceChildren();
  };
  let last;
  const at = ({ offsetX, offsetY }) => [
    (offsetX * pad.width) / pad.clientWidth,
    (offsetY * pad.height) / pad.clientHeight,
  ];
  pad.addEventListener('pointerdown', (event) => {
    pad.setPointerCapture(event.pointerId);
    last = at(event);
  });
  pad.addEventListener('pointermove', (event) => {
    if (!last) return;
    Object.assign(context, { strokeStyle: '#fff', lineWidth: 24, lineCap: 'round' });
    context.beginPath();
    context.moveTo(...last);
    last = at(event);
    context.lineTo(...last);
    context.stroke();
  });
  pad.addEventListener('pointerup', async () => {
    last = undefined;
    try {
      const data = pixels(pad);
      const inputs = [{ name: 'image', datatype: 'UINT8', shape: [1, SIDE, SIDE, 1], data }];
      const start = performance.now();
      const { outputs } = await json(`/v2/models/${encodeURIComponent(model)}/infer`, { inputs });
      note.textContent = `${(performance.now() - start).toFixed(0)} ms`;
      const [labels, scores] = ['label', 'score'].map((name) => outputs.find((o) => o.name === name).data);
      answers.replaceChildren(...labels.slice(0, SHOWN).map((label, i) => bar(label, scores[i])));
    } catch (error) {
      note.textContent = error.message;
    }
  });
  clear.addEventListener('click', wipe);
  wipe();
  panel.replaceChildren(
    element('div', { className: 'row' }, pad, answers),
    element('div', { className: 'row' }, clear, note),
  );
}

const bar = (label, score) =>
  element(
    'li',
    {},
    element('span', { textContent: label }),
    element('progress', { max: 1, value: score }),
    element('span', { textContent: `${(100 * score).toFixed(1)} %` }),
  );

/** The drawing as gray bytes [SIDE, SIDE]. */
function pixels(pad) {
  const small = element('canvas', { width: SIDE, height: SIDE });
  const context = small.getContext('2d');
  context.drawImage(pad, 0, 0, SIDE, SIDE);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i]);
}
