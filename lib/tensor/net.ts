import { debug, debugLevel } from '../env.js';
import { release, type Node } from '../ir/node.js';

/** What a handle holds, apart from it, so that the collector can give back what a forgotten handle kept. */
export interface Lease {
  node: Node | undefined;
  /** What ended the handle, for the message of a later use. */
  endedBy: string;
  /** Under MIA_DEBUG: where it was made, then where it ended. */
  where: string | undefined;
}

export function end(lease: Lease, by: string): Node {
  const node = lease.node!;
  lease.node = undefined;
  lease.endedBy = by;
  if (lease.where !== undefined) lease.where = callSite();
  node.device.core.ledger.liveTensors--;
  return node;
}

const forgotten = new FinalizationRegistry<Lease>((lease) => {
  const { node } = lease;
  if (!node) return;
  debug(
    1,
    () =>
      `forgotten: tensor #${node.id} ${node.op.name} ${node.dtype} [${node.shape.join(', ')}] was collected, not disposed; made${lease.where ?? ''}`,
  );
  release(end(lease, 'the garbage collector'));
});

/**
 * Registering costs more than recording an op, and keeps young objects from dying young. Most handles are consumed
 * soon after they are made, so that new ones wait here until the current task gives way, and only the survivors
 * are registered.
 */
const CAPACITY = 256;
const handles = new Array<object | undefined>(CAPACITY).fill(undefined);
const leases = new Array<Lease | undefined>(CAPACITY).fill(undefined);
let count = 0;
let scheduled = false;
let tracing = false;

/** Puts the net under a new handle. */
export function watch(handle: object, lease: Lease): void {
  if (count === CAPACITY) registerSurvivors();
  if (count === 0) begin();
  if (tracing) lease.where = callSite();
  handles[count] = handle;
  leases[count++] = lease;
}

function begin(): void {
  tracing = debugLevel() > 0;
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    registerSurvivors();
  });
}

function registerSurvivors(): void {
  for (let i = 0; i < count; i++) {
    const lease = leases[i]!;
    if (lease.node) forgotten.register(handles[i]!, lease);
    handles[i] = leases[i] = undefined;
  }
  count = 0;
}

/** The first frame outside Mia's own code, ' at file:line'. */
function callSite(): string {
  const frames = new Error().stack?.split('\n').slice(1) ?? [];
  const frame = frames.find(
    (f) =>
      !/[\\/](lib|dist)[\\/](tensor|ir|ops|plan|cpu|webgpu)[\\/]/.test(f) && !f.includes('node:internal'),
  );
  return frame ? ` ${frame.trim()}` : '';
}
