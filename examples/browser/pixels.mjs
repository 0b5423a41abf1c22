// From strokes to what the network was trained on: the data set's digits fill the height of a 32 x 32 bitmap, whose black
// pixels were counted in squares of 4 x 4.
const SIDE = 32;
const SQUARE = 4;
const WIDTH = 28; // of the widest digits; others keep their proportions
const PEN = 2.3; // radius
const LEAST = 0.04; // a dot does not fill the bitmap

/** strokes: [[x, y]...] each, in any unit -> ink of 8 x 8 pixels, 0..16, row by row: f32 [64] */
export function pixelsOf(strokes) {
  const pixels = new Float32Array((SIDE / SQUARE) ** 2);
  bitmapOf(fitted(strokes)).forEach((black, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)].map((at) => Math.floor(at / SQUARE));
    pixels[(y * SIDE) / SQUARE + x] += black;
  });
  return pixels;
}

/** The strokes, moved and scaled so that what the pen draws fills the bitmap. */
function fitted(strokes) {
  const points = strokes.flat();
  const [x, y] = [0, 1].map((axis) => {
    const places = points.map((point) => point[axis]);
    const [first, last] = [Math.min(...places), Math.max(...places)];
    return { middle: (first + last) / 2, size: Math.max(last - first, LEAST) };
  });
  const fit = (length, { size }) => (length - 2 * PEN) / size;
  const across = Math.min(fit(SIDE, y), fit(WIDTH, x));
  const down = Math.min(fit(SIDE, y), 2 * across); // what is wide is made narrower, within reason
  const place = ([px, py]) => [
    SIDE / 2 + (px - x.middle) * across, //
    SIDE / 2 + (py - y.middle) * down,
  ];
  return strokes.map((stroke) => stroke.map(place));
}

/** 1 where the pen was. strokes in pixels -> u8 [32 * 32] */
function bitmapOf(strokes) {
  const bitmap = new Uint8Array(SIDE * SIDE);
  for (const stroke of strokes) stroke.forEach((to, i) => drawLine(bitmap, stroke[Math.max(i - 1, 0)], to));
  return bitmap;
}

/** Blackens the pixels whose centres are near the line. */
function drawLine(bitmap, [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const squared = dx * dx + dy * dy;
  const near = (a, b) => [
    Math.max(0, Math.floor(Math.min(a, b) - PEN)),
    Math.min(SIDE, Math.ceil(Math.max(a, b) + PEN)),
  ];
  const [left, right] = near(x0, x1);
  const [top, bottom] = near(y0, y1);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
      const along = squared && Math.min(Math.max((px * dx + py * dy) / squared, 0), 1);
      if (Math.hypot(px - along * dx, py - along * dy) <= PEN) bitmap[y * SIDE + x] = 1;
    }
  }
}
