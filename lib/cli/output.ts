/** Where a command's words go: results to stdout, everything else to stderr; progress only where somebody watches. */
export interface Output {
  readonly json: boolean;
  /** Part of the result, as it is. */
  write(text: string): void;
  /** A line of the result. */
  line(text: string): void;
  /** The result as JSON. */
  value(value: unknown): void;
  /** What is not part of the result. */
  note(text: string): void;
  /** A bar on a terminal, a line at the end of a long task in a pipe. */
  progress(label: string): Progress;
}

export interface Progress {
  update(done: number, total: number): void;
  end(): void;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const BAR = 30;
const REDRAW_MS = 50;
/** A task that took less is not worth a line in a pipe. */
const LONG_MS = 2000;

export function makeOutput(json: boolean, out: Stream, err: Stream): Output {
  return {
    json,
    write: (text) => void out.write(text),
    line: (text) => void out.write(`${text}\n`),
    value: (value) => void out.write(`${JSON.stringify(value)}\n`),
    note: (text) => void err.write(`${text}\n`),
    progress: (label) => (err.isTTY ? bar(label, err) : quiet(label, err)),
  };
}

/** `loading [#####-----] 50 %`, in place. */
function bar(label: string, err: Stream): Progress {
  let drawn = 0;
  return {
    update(done, total) {
      const now = performance.now();
      if (done < total && now - drawn < REDRAW_MS) return;
      drawn = now;
      const share = total > 0 ? Math.min(done / total, 1) : 1;
      const full = Math.round(share * BAR);
      const percent = String(Math.floor(share * 100)).padStart(3);
      err.write(`\r${label} [${'#'.repeat(full)}${'-'.repeat(BAR - full)}] ${percent} %`);
    },
    end: () => void err.write('\r\u001b[K'),
  };
}

function quiet(label: string, err: Stream): Progress {
  const start = performance.now();
  return {
    update: () => {},
    end() {
      const took = performance.now() - start;
      if (took >= LONG_MS) err.write(`${label}: done in ${(took / 1000).toFixed(1)} s\n`);
    },
  };
}

/** 1.1 GB, 17 kB */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[unit]}`;
}
