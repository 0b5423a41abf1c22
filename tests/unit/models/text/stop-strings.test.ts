import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopStrings } from '../../../../lib/models/text/stop-strings.js';

/** What comes before the stop string that is complete first; of several at that place, the longest. */
function reference(text: string, stops: readonly string[]): { text: string; stopped: boolean } {
  for (let end = 1; end <= text.length; end++) {
    const found = stops.filter((stop) => text.slice(0, end).endsWith(stop)).map((stop) => stop.length);
    if (found.length > 0) return { text: text.slice(0, end - Math.max(...found)), stopped: true };
  }
  return { text, stopped: false };
}

function run(pieces: readonly string[], stops: readonly string[]) {
  const search = new StopStrings(stops);
  let said = '';
  for (const piece of pieces) {
    const { text, stopped } = search.push(piece);
    said += text;
    if (stopped) return { text: said, stopped };
  }
  return { text: said + search.flush(), stopped: false };
}

describe('StopStrings', () => {
  it('finds what a search of the whole text finds, however it is cut', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 5 });
    const stop = fc.string({ unit: fc.constantFrom('a', 'b', '😀'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.array(stop, { maxLength: 3 }), (pieces, stops) => {
        expect(run(pieces, stops)).toEqual(reference(pieces.join(''), stops));
      }),
      { numRuns: 2000 },
    );
  });

  it('holds back only what may still become a stop string', () => {
    const search = new StopStrings(['\n\nUser:']);
    expect(search.push('Hello\n')).toEqual({ text: 'Hello', stopped: false });
    expect(search.push('\nUs')).toEqual({ text: '', stopped: false });
    expect(search.push('e it')).toEqual({ text: '\n\nUse it', stopped: false });
    expect(search.push('.\n\nUser: hi')).toEqual({ text: '.', stopped: true });
  });

  it('refuses an empty stop string', () => {
    expect(() => new StopStrings(['a', ''])).toThrow('a stop string is empty');
  });
});
