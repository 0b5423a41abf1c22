/** The recurrence of RWKV-7 by its definition, in float64. */
import { at, build, indicesOf, place, type Ref } from './array.js';

export interface WkvInputs {
  readonly r: Ref;
  readonly w: Ref;
  readonly k: Ref;
  readonly v: Ref;
  readonly a: Ref;
  readonly b: Ref;
  /** [..., H, N (keys), N (values)] */
  readonly state: Ref;
}

export function wkv7({ r, w, k, v, a, b, state }: WkvInputs): { y: Ref; state: Ref } {
  const [rows, , size] = r.shape.slice(-3) as [number, number, number];
  const all = Array.from({ length: size }, (_, j) => j);
  const y = new Float64Array(r.data.length);
  const after = Float64Array.from(state.data, Number);
  for (const head of indicesOf(state.shape.slice(0, -2))) {
    const row = (x: Ref, t: number): number[] =>
      all.map((j) => Number(at(x, [...head.slice(0, -1), t, head.at(-1)!, j])));
    let s = all.map((j) => all.map((i) => Number(at(state, [...head, j, i]))));
    const times = (x: number[]): number[] => all.map((i) => x.reduce((sum, xj, j) => sum + xj * s[j][i], 0));
    for (let t = 0; t < rows; t++) {
      const [wt, kt, vt, bt, removed] = [row(w, t), row(k, t), row(v, t), row(b, t), times(row(a, t))];
      s = all.map((j) => all.map((i) => wt[j] * s[j][i] + bt[j] * removed[i] + kt[j] * vt[i]));
      const first = place(r.shape, [...head.slice(0, -1), t, head.at(-1)!, 0]);
      y.set(times(row(r, t)), first);
    }
    after.set(s.flat(), place(state.shape, [...head, 0, 0]));
  }
  return {
    y: build('f32', r.shape, (index) => y[place(r.shape, index)]),
    state: build('f32', state.shape, (index) => after[place(state.shape, index)]),
  };
}
