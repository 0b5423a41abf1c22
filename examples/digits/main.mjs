// Mia's first example: real handwritten digits, from a file to an answer. Start here, then read network.mjs.
import { Cpu, compile, spec } from 'mia';
import { drawDigits } from './draw.mjs';
import { readTensors } from './files.mjs';
import { latency, throughput } from './measure.mjs';
import { digitsNetwork } from './network.mjs';
import { HELP, readOptions } from './options.mjs';

const HELD_OUT = 360; // the last images: train.py never trains on them
const PIXELS = 64;
const CLASSES = 10;
const REQUIRED_ACCURACY = 0.97;

async function main({ show, json }) {
  const { images, labels } = await readTensors('digits.safetensors');
  const weights = await readTensors('model.safetensors');
  const x = Float32Array.from(images.data.subarray(-HELD_OUT * PIXELS)); // [360, 64]
  const truth = labels.data.subarray(-HELD_OUT); // [360]

  const cpu = await Cpu.create();
  const network = digitsNetwork(cpu, weights);
  const program = await compile(cpu, { x: spec('f32', [null, PIXELS]) }, ({ x }) => ({
    probabilities: network(x),
  }));

  const { probabilities } = await program.run({ x }); // [360, 10]
  const answers = Array.from(truth, (_, i) =>
    likeliest(probabilities.subarray(i * CLASSES, (i + 1) * CLASSES)),
  );
  const correct = answers.filter(({ digit }, i) => digit === truth[i]).length;

  const image = (i) => x.subarray((i % HELD_OUT) * PIXELS, ((i % HELD_OUT) + 1) * PIXELS);
  const report = {
    accuracy: correct / HELD_OUT,
    correct,
    total: HELD_OUT,
    imagesPerSecond: await throughput(() => program.run({ x }), HELD_OUT),
    latencyMs: await latency((i) => program.run({ x: image(i) })),
    plan: summarize(await program.explain({ x: [HELD_OUT, PIXELS] })),
    answers: answers.map(({ digit }) => digit),
  };
  await program.dispose();
  await cpu.close();

  if (json) console.log(JSON.stringify(report));
  else {
    const wrongFirst = answers
      .map((answer, i) => ({ ...answer, truth: truth[i], pixels: image(i) }))
      .sort(byRightness);
    console.log([...drawDigits(wrongFirst.slice(0, show).map(captioned)), ...describe(report)].join('\n'));
  }
  return report.accuracy >= REQUIRED_ACCURACY;
}

/** The most probable digit. probabilities: [10] */
function likeliest(probabilities) {
  const probability = Math.max(...probabilities);
  return { digit: probabilities.indexOf(probability), probability };
}

/** A plan in short: how many steps, which kernels and how often, how much memory of its own. */
function summarize({ steps, slots, bytes }) {
  const kernels = {};
  for (const { kernel } of steps) kernels[kernel] = (kernels[kernel] ?? 0) + 1;
  return { steps: steps.length, kernels, slots: slots.length, bytes };
}

const byRightness = (a, b) => Number(a.digit === a.truth) - Number(b.digit === b.truth);

function captioned({ pixels, digit, probability, truth }) {
  const answer = `${digit} (${(100 * probability).toFixed(0)} %)`;
  return { pixels, caption: digit === truth ? answer : `${answer}, is ${truth}` };
}

function describe({ accuracy, correct, total, imagesPerSecond, latencyMs, plan }) {
  const kernels = Object.entries(plan.kernels).map(([kernel, count]) => `${count} ${kernel}`);
  const times = Object.entries(latencyMs).map(([name, ms]) => `${name} ${ms.toFixed(3)} ms`);
  return [
    `accuracy    ${(100 * accuracy).toFixed(2)} %: ${correct} of ${total} images never seen in training`,
    `throughput  ${Math.round(imagesPerSecond).toLocaleString('en')} images/s in batches of ${total}`,
    `latency     ${times.join(', ')} for one image`,
    `plan        ${plan.steps} steps, ${plan.slots} slots, ${(plan.bytes / 1024).toFixed(0)} KiB of working memory`,
    `kernels     ${kernels.join(', ')}`,
  ];
}

let options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}
if (options?.help) console.log(HELP);
else if (options) process.exitCode = (await main(options)) ? 0 : 1;
