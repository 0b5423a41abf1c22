/** One matmul: made, run, checked against float64 samples, timed. */
import { kernels, source } from './gpu.mjs';
import { make, random } from './data.mjs';

const operandText = source('operand');
const power = (...values) => {
  let p = 32;
  while (values.some((v) => v % p)) p /= 2;
  return p;
};

/** `shape`: batch, m, n, k, and formats and layouts of a and b ('nt': B is [N, K]). */
export class Matmul {
  constructor(gpu, { batch = 1, m, n, k, a = 'f32', b = 'f32', layout = 'nt' }) {
    const kA = layout[0] === 'n';
    const kB = layout[1] === 't';
    const [ldA, ldB] = [kA ? k : m, kB ? k : n];
    this.gpu = gpu;
    this.p = {
      halves: m > 16 && b !== 'f32',
      batch,
      m,
      n,
      k,
      a: {
        format: a,
        kContiguous: kA,
        alignment: power(ldA, m * k),
      },
      b: {
        format: b,
        kContiguous: kB,
        alignment: power(ldB, n * k),
      },
    };
    this.a = make(a, batch * m * k);
    this.b = make(b, batch * n * k);
    this.strides = { ldA, ldB };
    this.store = kernels.plainStore(n % 4 === 0);
    this.c = gpu.buffer(batch * m * n * 4);
    const sizes = [m, n, k, 0, 0, ldA, m * k, 0, 0, ldB, n * k, 0, 0, n, m * n, 0];
    this.entries = {
      0: gpu.uniform(sizes),
      1: this.c,
      2: gpu.upload(this.a.data),
      3: gpu.upload(this.b.data),
    };
    if (this.b.scales) this.entries[4] = gpu.upload(this.b.scales);
  }
  tiled(tiles) {
    return kernels.tiledMatmul(this.p, tiles, this.store, operandText);
  }
  matrixUnits(tiles) {
    return kernels.subgroupMatmul(this.p, tiles, this.store);
  }
  matvec(shape, subgroups = this.gpu.features.has('subgroups')) {
    return kernels.matvec(this.p, { m: this.p.m, ...shape }, subgroups, this.store);
  }
  /** What the project would take for this product on this device. */
  chosen() {
    const limits = {
      workgroupBytes: this.gpu.device.limits.maxComputeWorkgroupStorageSize,
      subgroupSize: this.gpu.features.has('subgroups') ? this.gpu.info.subgroupMinSize : 0,
      subgroupMatrix: this.gpu.features.has('chromium-experimental-subgroup-matrix'),
    };
    return kernels.chooseMatmul(this.p, limits, this.store, operandText);
  }
  async run(kernel, { samples = 200, time } = {}) {
    const { m, n, batch } = this.p;
    const job = await this.gpu.kernelJob(kernel, this.entries);
    this.gpu.device.queue.writeBuffer(
      this.c,
      0,
      new Float32Array(Math.min(batch * m * n, 1 << 22)).fill(NaN),
    );
    this.gpu.submit([job]);
    const got = new Float32Array(await this.gpu.read(this.c, batch * m * n * 4));
    const error = this.error(got, samples);
    return { error, seconds: time ? await this.gpu.time(job, time) : undefined };
  }
  /** The largest |c - exact| / sum |a b| over samples; NaN if an element was not written. */
  error(got, samples) {
    const { m, n, k, batch, a, b } = this.p;
    const { ldA, ldB } = this.strides;
    let worst = got.includes(NaN) ? NaN : 0;
    for (let s = 0; s < samples; s++) {
      const [z, i, j] = [random() % batch, s ? random() % m : m - 1, s ? random() % n : n - 1];
      let sum = 0;
      let size = 0;
      for (let l = 0; l < k; l++) {
        const x = this.a.at(z * m * k + (a.kContiguous ? i * ldA + l : l * ldA + i));
        const product = x * this.b.at(z * n * k + (b.kContiguous ? j * ldB + l : l * ldB + j));
        sum += product;
        size += Math.abs(product);
      }
      const error = Math.abs(got[(z * m + i) * n + j] - sum) / size;
      if (!(error <= worst)) worst = error;
    }
    return worst;
  }
  destroy() {
    for (const buffer of Object.values(this.entries)) buffer.destroy();
  }
}
