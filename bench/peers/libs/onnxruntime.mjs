/** What both builds of onnxruntime share: a session over a model's bytes, with arrays in and one array out. */
import { modelOf } from '../work.mjs';

const typeOf = (data) =>
  data instanceof BigInt64Array ? 'int64' : data instanceof Int32Array ? 'int32' : 'float32';

/** `preallocates`: whether runs write into a tensor that they are given. */
export const onnxruntime = (ort, options, preallocates) => ({
  /** `inputs`: { name: { data, shape } }; the output is `y`, f32 of `shape`. */
  async session(bytes, inputs, shape) {
    const session = await ort.InferenceSession.create(bytes, options);
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape }]) => [
        name,
        new ort.Tensor(typeOf(data), data, shape),
      ]),
    );
    const y = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const fetches = preallocates ? { y: new ort.Tensor('float32', y, shape) } : ['y'];
    return { run: async () => (await session.run(feeds, fetches)).y.data, close: () => session.release() };
  },
  open(work) {
    return this.session(modelOf(work), { x: { data: work.x, shape: work.shape } }, work.result);
  },
});
