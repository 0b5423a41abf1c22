// Draw a digit: strokes -> 8 x 8 pixels -> Mia on WebGPU -> ten probabilities, at every move of the pen.
import { createClassifier } from './classifier.mjs';
import { newest } from './newest.mjs';
import { pixelsOf } from './pixels.mjs';
import { Reading } from './reading.mjs';
import { Sketch } from './sketch.mjs';

const element = (id) => document.getElementById(id);
const reading = new Reading({
  answer: element('answer'),
  bars: element('bars'),
  pixels: element('pixels'),
});

/** Says why nothing can be read, in words for the reader of the page. */
function explain(error) {
  console.error(error);
  element('notice').textContent = navigator.gpu
    ? `The GPU cannot be used (${error.code ?? error.name}). Is hardware acceleration on in the browser's settings? ` +
      'Reloading the page tries again.'
    : 'This page computes with WebGPU, which this browser does not offer. Chrome and Edge have it from version 113, ' +
      'Safari from 26, Firefox from 141 on Windows; the page must come from https or localhost.';
  element('notice').hidden = false;
  element('status').textContent = '';
  document.body.classList.add('idle');
}

const preparing = createClassifier();
preparing.then(({ name }) => {
  element('status').textContent = `Ready on ${name}.`;
}, explain);

const read = newest(async (strokes) => {
  if (strokes.length === 0) return reading.clear();
  const { name, classify } = await preparing; // one may draw before
  const pixels = pixelsOf(strokes);
  const start = performance.now();
  const probabilities = await classify(pixels);
  const ms = performance.now() - start;
  reading.show(pixels, probabilities);
  element('status').textContent = `${ms.toFixed(1)} ms on ${name}. Nothing leaves this page.`;
});

const sketch = new Sketch(element('sketch'), (strokes) => {
  document.body.classList.toggle('drawn', strokes.length > 0);
  read(strokes).catch(explain);
});
element('clear').addEventListener('click', () => sketch.clear());
addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') sketch.clear();
});
