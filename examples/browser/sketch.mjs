const PEN = 0.075; // of the side

/** Strokes on a canvas, by mouse, finger or pen. Calls `changed` with them whenever there are more, or none. */
export class Sketch {
  /** [[x, y]...] each, in parts of the side. */
  #strokes = [];

  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      canvas.setPointerCapture(event.pointerId); // a line goes on outside
      this.add([this.#placeOf(event)]);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const moves = event.getCoalescedEvents?.() ?? [];
      this.#strokes.at(-1)?.push(...(moves.length > 0 ? moves : [event]).map((e) => this.#placeOf(e)));
      this.#show();
    });
    new ResizeObserver(() => this.#paint()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#paint());
  }

  add(stroke) {
    this.#strokes.push(stroke);
    this.#show();
  }

  clear() {
    this.#strokes = [];
    this.#show();
  }

  #placeOf({ clientX, clientY }) {
    const { left, top, width } = this.canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / width];
  }

  #show() {
    this.#paint();
    this.changed(this.#strokes);
  }

  #paint() {
    const { canvas } = this;
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    canvas.width = canvas.height = side; // which clears it
    const pen = canvas.getContext('2d');
    pen.scale(side, side);
    pen.lineCap = pen.lineJoin = 'round';
    pen.lineWidth = PEN;
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.beginPath();
    for (const [first, ...rest] of this.#strokes) {
      pen.moveTo(...first);
      for (const point of rest.length > 0 ? rest : [first]) pen.lineTo(...point);
    }
    pen.stroke();
  }
}
