/**
 * Matrix products over packed weights. A step of `matmul.f32` whose right-hand side is one matrix [K, N] becomes
 * `linear.<format>` over an image of it, which `pack.<format>` makes: once for constants, in the run for others that repay
 * it. Every size of a program then reads one and the same image.
 */
import { debug } from '../env.js';
import { printPlan, type Operand, type Plan, type PlanInput, type Slot, type Step } from '../plan/plan.js';

/** Rows of A from which packing B in the run costs less than it saves. */
const PACK_FROM = 64;
/** Sums of more products of bytes than this would not fit 32 bits. */
const MOST_BYTES = 65536;

/** Bytes of an image, or -1 where there is no such format. */
export type ImageBytes = (format: string, n: number, k: number) => number;

export function packWeights(plan: Plan, imageBytes: ImageBytes): Plan {
  const slots: Slot[] = [...plan.slots];
  const inputs: PlanInput[] = [...plan.inputs];
  const images = new Map<string, Operand>();
  const constant = new Set(plan.inputs.filter((i) => i.constant).map((i) => i.slot));
  let scratch: { slot: number; bytes: number } | undefined;

  const steps = plan.steps.flatMap((step): Step[] => {
    const product = productOf(step);
    if (!product) return [step];
    const { m, n, k, a, b } = product;
    const bytes = imageBytes(b.dtype, n, k);
    if (bytes < 0 || (b.dtype === 'i8' && k > MOST_BYTES)) return [step];
    const once = constant.has(b.slot);
    if (!once && !repays(b, m)) return [step];
    const image = once ? constantImage(b, n, k, bytes) : runImage(bytes);
    const linear = {
      ...step,
      kernel: `linear.${b.dtype}.f32`,
      ints: [m, n, k],
      operands: [a, image],
      reads: [...step.reads.filter((slot) => slot !== b.slot || reads(step, slot, b)), image.slot],
    };
    return once ? [linear] : [packStep(b, image, n, k), linear];
  });
  if (steps.every((s, i) => s === plan.steps[i])) return plan;
  const packed = { ...plan, slots, inputs, steps };
  debug(2, () => `plan with packed weights\n${printPlan(packed)}`);
  return packed;

  /** The image of a constant: an input of its own, shared by all steps that read the same matrix. */
  function constantImage(b: Operand, n: number, k: number, bytes: number): Operand {
    const key = JSON.stringify(b);
    let image = images.get(key);
    if (!image) {
      const slot = slots.push({ kind: 'input', bytes, first: -1, last: plan.steps.length }) - 1;
      image = wordsOf(slot, bytes);
      images.set(key, image);
      inputs.push({ slot, constant: true, donatable: false, once: packStep(b, image, n, k) });
    }
    return image;
  }

  /** Room for an image that lives from one step to the next: steps take turns with it. */
  function runImage(bytes: number): Operand {
    const room = Math.max(bytes, scratch?.bytes ?? 0);
    const slot: Slot = { kind: 'temp', bytes: room, first: 0, last: plan.steps.length };
    if (scratch) slots[scratch.slot] = slot;
    scratch = { slot: scratch?.slot ?? slots.push(slot) - 1, bytes: room };
    return wordsOf(scratch.slot, bytes);
  }
}

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Operand;
  readonly b: Operand;
}

/** What a step multiplies, if it is one product of two matrices that are not empty. */
function productOf({ kernel, ints, operands }: Step): Product | undefined {
  if (kernel !== 'matmul.f32') return undefined;
  const [batch, m, n, k] = ints;
  if (batch !== 1 || m * n * k === 0) return undefined;
  const [a, b] = operands.map(matrix);
  return { m, n, k, a, b };
}
const matrix = (o: Operand): Operand => ({ ...o, sizes: o.sizes.slice(-2), strides: o.strides.slice(-2) });

/** Whether to pack a matrix that is new in every run. Bytes multiply only when they are packed. */
function repays(b: Operand, m: number): boolean {
  if (b.dtype === 'f32' || b.dtype === 'f16' || b.dtype === 'bf16') return m >= PACK_FROM;
  return true;
}

/** Whether a step reads a slot as anything but its right-hand side. */
const reads = (step: Step, slot: number, b: Operand): boolean =>
  [step.operands[0], ...(step.epilogue?.operands ?? [])].some((o) => o !== b && o.slot === slot);

const wordsOf = (slot: number, bytes: number): Operand => ({
  slot,
  dtype: 'u32',
  offset: 0,
  sizes: [bytes / 4],
  strides: [1],
});

const packStep = (b: Operand, image: Operand, n: number, k: number): Step => ({
  op: 'pack',
  kernel: `pack.${b.dtype}`,
  ints: [n, k],
  floats: [],
  operands: [b, image],
  reads: [b.slot],
  writes: [image.slot],
  inPlace: false,
});
