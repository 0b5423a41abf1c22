const SHADES = ' ░▒▓█';
const SIDE = 8;
const CELL = 2 * SIDE; // a pixel is two characters wide, which makes it about square

/** Draws digits side by side. digits: [{ pixels (64 of 0..16), caption }] -> lines of text. */
export function drawDigits(digits, perRow = 4) {
  const lines = [];
  for (let start = 0; start < digits.length; start += perRow) {
    const row = digits.slice(start, start + perRow);
    for (let y = 0; y < SIDE; y++) {
      lines.push(row.map(({ pixels }) => drawRow(pixels.subarray(y * SIDE, (y + 1) * SIDE))).join('  '));
    }
    lines.push(row.map(({ caption }) => centred(caption)).join('  '), '');
  }
  return lines;
}

const drawRow = (pixels) => Array.from(pixels, (ink) => SHADES[Math.round(ink / 4)].repeat(2)).join('');

const centred = (text) => text.padStart(Math.ceil((CELL + text.length) / 2)).padEnd(CELL);
