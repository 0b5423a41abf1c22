/** What the page shows of an answer: the digit, the ten bars, and the pixels that the network was given. */
export class Reading {
  constructor({ answer, bars, pixels }) {
    this.answer = answer;
    this.pixels = pixels;
    this.rows = Array.from({ length: 10 }, (_, digit) => {
      const row = bars.appendChild(document.createElement('li'));
      row.innerHTML = `<span>${digit}</span><div class="track"><div class="bar"></div></div><span class="percent"></span>`;
      return row;
    });
    this.clear();
  }

  /** pixels: ink 0..16 [64], probabilities: [10] */
  show(pixels, probabilities) {
    const best = probabilities.indexOf(Math.max(...probabilities));
    this.#fill(pixels, probabilities, best);
  }

  clear() {
    this.#fill(new Float32Array(64), new Float32Array(10), undefined);
  }

  #fill(pixels, probabilities, best) {
    const text = String(best ?? '');
    if (this.answer.value !== text) this.answer.value = text; // spoken when it changes, not at every move
    this.rows.forEach((row, digit) => {
      row.classList.toggle('best', digit === best);
      row.querySelector('.bar').style.setProperty('--probability', probabilities[digit]);
      row.querySelector('.percent').textContent =
        best === undefined ? '' : `${(100 * probabilities[digit]).toFixed(1)} %`;
    });
    const image = this.pixels.getContext('2d');
    image.clearRect(0, 0, 8, 8);
    image.fillStyle = getComputedStyle(this.pixels).color;
    pixels.forEach((ink, i) => {
      image.globalAlpha = ink / 16;
      image.fillRect(i % 8, Math.floor(i / 8), 1, 1);
    });
  }
}
