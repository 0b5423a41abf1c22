/** A way to draw an image of the data set with a pen: a line along each run of inked pixels of a row or column. */

const SIDE = 8;
const INK = 6; // of 16
/** Across and down. */
const directions = [
  [1, 0],
  [0, 1],
] as const;

export type Point = [x: number, y: number];
export type Stroke = Point[];

/** image: ink 0..16 [64] -> strokes in a square of side 1, in its middle. */
export function strokesOf(image: ArrayLike<number>): Stroke[] {
  const hasInk = (x: number, y: number): boolean =>
    x >= 0 && x < SIDE && y >= 0 && y < SIDE && image[y * SIDE + x] >= INK;
  const place = (x: number, y: number): Point => [(x + 1) / (SIDE + 1), (y + 1) / (SIDE + 1)];
  const strokes: Stroke[] = [];
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    if (!hasInk(x, y)) continue;
    for (const [dx, dy] of directions) {
      if (hasInk(x - dx, y - dy)) continue; // within a run
      let steps = 0;
      while (hasInk(x + (steps + 1) * dx, y + (steps + 1) * dy)) steps++;
      if (steps > 0) strokes.push([place(x, y), place(x + steps * dx, y + steps * dy)]);
    }
  }
  return strokes;
}
