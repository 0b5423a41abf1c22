/** Rows of a duel: what each took, how many times as long the peer took, whether both computed the same. */
import { duel } from '../harness.mjs';

/**
 * Measures `mine` against `theirs` and makes a row of it. `check`: { kind, value, limit, met } of their outputs; `gate` and
 * `aim`: the ratio wanted.
 */
export async function compare(name, peer, mine, theirs, check, { gate, aim, rounds } = {}) {
  const { ms, ratios } = await duel([mine.run, theirs.run], { rounds });
  return { name, peer, mine: ms[0], theirs: ms[1], ratio: ratios[1], gate, aim, check };
}

export const atMost = (kind, value, limit) => ({ kind, value, limit, met: value <= limit });
export const atLeast = (kind, value, limit) => ({ kind, value, limit, met: value >= limit });

/** Whether a row holds: the same work, and no slower than its gate. */
export const met = ({ ratio, gate, check }) => (check?.met ?? true) && (gate === undefined || ratio >= gate);

export function line(row) {
  const { name, peer, mine, theirs, ratio, gate, aim, check } = row;
  const ms = (value) => (value === undefined ? '' : `${value.toPrecision(4)} ms`).padStart(10);
  const parts = [name.padEnd(42), peer.padEnd(16), ms(mine), ms(theirs), `${ratio.toFixed(2)}x`.padStart(7)];
  if (check) {
    const { kind, value, met } = check;
    parts.push(
      `${kind} ${kind === 'cosine' ? value.toFixed(6) : value.toExponential(1)}${met ? '' : ' WRONG'}`.padEnd(
        15,
      ),
    );
  } else parts.push(''.padEnd(15));
  if (gate !== undefined) {
    const verdict = !met(row) ? 'MISSED' : ratio >= aim ? 'aim met' : 'gate met';
    parts.push(`gate ${gate.toFixed(2)}, aim ${aim.toFixed(2)}: ${verdict}`);
  }
  return parts.join('  ').trimEnd();
}
