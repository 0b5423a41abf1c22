/** The devices that run the case table: one row each. A new backend is a new row. */
import { Cpu } from '../../lib/index.js';
import { webgpu, type DeviceRow } from './webgpu.js';

const probe = await Cpu.create();
const { isas } = probe.info;
await probe.close();

/** Every instruction set of this machine. */
export const cpus: readonly DeviceRow[] = isas.map((isa) => ({
  name: `cpu ${isa}`,
  create: () => Cpu.create({ isa }),
}));

export const devices: readonly DeviceRow[] = [...cpus, webgpu];
