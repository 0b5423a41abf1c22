import { parseArgs } from 'node:util';

export const HELP = `Classifies 360 handwritten digits that the network has never seen.

usage: npm start -- [options]      or      node examples/digits/main.mjs [options]

  --show N   how many digits to draw (default 4; wrong answers come first)
  --json     print one JSON object instead: { accuracy, correct, total, imagesPerSecond,
             latencyMs: { p50, p95, p99 }, plan: { steps, kernels, slots, bytes }, answers }
  --help     print this

exit code: 0 if at least 97 % are right, 1 if not, 2 if an option is wrong`;

/** Returns { show, json, help }; throws a TypeError that says what is wrong with the command line. */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      show: { type: 'string', default: '4' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (!/^\d{1,3}$/.test(values.show))
    throw new TypeError(`--show takes a number from 0 to 999, got '${values.show}'`);
  return { ...values, show: Number(values.show) };
}
