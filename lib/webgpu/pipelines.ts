import { debug } from '../env.js';
import { MiaError } from '../errors.js';
import type { GpuDevice, GpuPipeline } from './api.js';

/** Programs of a device by their text: sizes are parameters, so that few texts serve many plans. */
export class Pipelines {
  readonly #byCode = new Map<string, Promise<GpuPipeline>>();

  constructor(private readonly device: GpuDevice) {}

  get(code: string, label: string): Promise<GpuPipeline> {
    const known = this.#byCode.get(code);
    if (known) {
      this.#byCode.delete(code); // to the end: the first is the one used longest ago
      this.#byCode.set(code, known);
      return known;
    }
    const made = this.#make(code, label);
    made.catch(() => this.#byCode.delete(code));
    this.#byCode.set(code, made);
    if (this.#byCode.size > LIMIT) this.#byCode.delete(this.#byCode.keys().next().value!);
    return made;
  }

  async #make(code: string, label: string): Promise<GpuPipeline> {
    debug(3, () => `WGSL of ${label}\n${code}`);
    this.device.pushErrorScope('validation'); // what is wrong is told below, with its line
    const module = this.device.createShaderModule({ code, label });
    this.device.popErrorScope().catch(() => {});
    try {
      return await this.device.createComputePipelineAsync({
        layout: 'auto',
        label,
        compute: { module, entryPoint: 'main' },
      });
    } catch (cause) {
      const { messages } = await module.getCompilationInfo();
      const first = messages.find((m) => m.type === 'error');
      const message = first ? `line ${first.lineNum}: ${first.message}` : (cause as Error).message;
      throw new MiaError('ERR_UNSUPPORTED', label, {
        message: `its WGSL does not compile: ${message}`,
        cause,
      });
    }
  }
}

const LIMIT = 2048;
