/** The part of the WebGPU API that Mia uses, as types of its own: public declarations then need no GPU types. */

export interface GpuBuffer {
  readonly size: number;
  mapAsync(mode: number, offset?: number, size?: number): Promise<void>;
  getMappedRange(offset?: number, size?: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}
export interface GpuShaderModule {
  getCompilationInfo(): Promise<{
    readonly messages: readonly { type: string; message: string; lineNum: number }[];
  }>;
}
/** Opaque objects, made here and given back there. */
export interface GpuBindGroup {
  readonly label: string;
}
export interface GpuPipeline {
  getBindGroupLayout(index: number): object;
}
export interface GpuQuerySet {
  destroy(): void;
}
export interface GpuPass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: GpuBindGroup): void;
  dispatchWorkgroups(x: number, y?: number, z?: number): void;
  end(): void;
}
export interface GpuEncoder {
  beginComputePass(d?: {
    timestampWrites: {
      querySet: GpuQuerySet;
      beginningOfPassWriteIndex: number;
      endOfPassWriteIndex: number;
    };
  }): GpuPass;
  resolveQuerySet(set: GpuQuerySet, first: number, count: number, to: GpuBuffer, at: number): void;
  copyBufferToBuffer(from: GpuBuffer, at: number, to: GpuBuffer, toAt: number, bytes: number): void;
  clearBuffer(buffer: GpuBuffer, offset?: number, size?: number): void;
  finish(): object;
}
export interface GpuQueue {
  submit(commands: readonly object[]): void;
  writeBuffer(
    buffer: GpuBuffer,
    at: number,
    data: ArrayBufferView | ArrayBuffer,
    from?: number,
    size?: number,
  ): void;
  onSubmittedWorkDone(): Promise<void>;
}
export interface GpuError {
  readonly message: string;
}
export interface GpuDevice {
  readonly queue: GpuQueue;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  createBuffer(d: { size: number; usage: number; mappedAtCreation?: boolean; label?: string }): GpuBuffer;
  createShaderModule(d: { code: string; label?: string }): GpuShaderModule;
  createComputePipelineAsync(d: {
    layout: 'auto';
    label?: string;
    compute: { module: GpuShaderModule; entryPoint: string };
  }): Promise<GpuPipeline>;
  createBindGroup(d: {
    layout: object;
    entries: readonly {
      binding: number;
      resource: { buffer: GpuBuffer; offset?: number; size?: number };
    }[];
  }): GpuBindGroup;
  createQuerySet(d: { type: 'timestamp'; count: number }): GpuQuerySet;
  createCommandEncoder(): GpuEncoder;
  pushErrorScope(filter: 'validation'): void;
  popErrorScope(): Promise<GpuError | null>;
  addEventListener(type: 'uncapturederror', listener: (event: { error: GpuError }) => void): void;
  destroy(): void;
}
export interface GpuAdapter {
  readonly info: { vendor: string; architecture: string; device: string; description: string };
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(d: {
    requiredFeatures: readonly string[];
    requiredLimits: Record<string, number>;
  }): Promise<GpuDevice>;
}
export interface Gpu {
  requestAdapter(options?: { powerPreference?: string }): Promise<GpuAdapter | null>;
}

/** GPUBufferUsage and GPUMapMode, which are numbers of the standard. */
export const usage = {
  mapRead: 1,
  mapWrite: 2,
  copySource: 4,
  copyTarget: 8,
  uniform: 64,
  storage: 128,
  queries: 512,
};
export const mapRead = 1;
