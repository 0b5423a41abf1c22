/** The devices that run the case table: one row each. A new backend is a new row. */
import { Cpu, type Device } from '../../lib/index.js';

export interface DeviceRow {
  readonly name: string;
  create(): Promise<Device>;
}

const probe = await Cpu.create();
const { isas } = probe.info;
await probe.close();

/** Every instruction set of this machine. */
export const devices: readonly DeviceRow[] = isas.map((isa) => ({
  name: `cpu ${isa}`,
  create: () => Cpu.create({ isa }),
}));
