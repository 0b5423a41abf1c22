import { MiaError } from '../errors.js';

const absent = (): MiaError =>
  new MiaError('ERR_UNSUPPORTED', 'Cpu', {
    message: 'the CPU device is native code, which runs in Node only',
    expected: 'WebGpu.create(), which takes the same programs',
  });

/** What stands for the CPU device in a browser, so that a program loads there and learns what to use instead. */
export const Cpu = {
  async create(): Promise<never> {
    throw absent();
  },
};

export function CpuBuilder(): never {
  throw absent();
}
