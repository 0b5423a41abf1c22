/** ONNX models as bytes: a protobuf writer of what graphs need, and a builder over it. Field numbers are onnx.proto's. */

const types = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, bool: 9 };
const attributeTypes = { FLOAT: 1, INT: 2, STRING: 3, INTS: 7 };
const [VARINT, BYTES, FIXED32] = [0, 2, 5];

// A message is a list of chunks; concatenated once, at the end.
const varint = (value) => {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...bytes, Number(rest)]);
};
const tag = (field, wire) => varint((field << 3) | wire);
const int = (field, value) => [tag(field, VARINT), varint(value)];
const float = (field, value) => [
  tag(field, FIXED32),
  new Uint8Array(new DataView(new Float32Array([value]).buffer).buffer),
];
const sizeOf = (chunks) => chunks.reduce((sum, c) => sum + c.length, 0);
const message = (field, chunks) => [tag(field, BYTES), varint(sizeOf(chunks)), ...chunks];
const text = (field, value) => message(field, [new TextEncoder().encode(value)]);
const ints = (field, values) => values.flatMap((v) => int(field, v));

/** AttributeProto of a number, a word or a list of integers. An integer that stands for a float is given as { float }. */
function attribute(name, value) {
  const type = (t) => int(20, attributeTypes[t]);
  const field = () => {
    if (Array.isArray(value)) return [...ints(8, value), ...type('INTS')];
    if (typeof value === 'string') return [...text(4, value), ...type('STRING')];
    if (typeof value === 'object') return [...float(2, value.float), ...type('FLOAT')];
    return [...int(3, value), ...type('INT')];
  };
  return message(5, [...text(1, name), ...field()]);
}

const valueInfo = (field, name, type, shape) => {
  const dims = shape.flatMap((n) => message(1, int(1, n)));
  return message(field, [
    ...text(1, name),
    ...message(2, message(1, [...int(1, types[type]), ...message(2, dims)])),
  ]);
};

/** A graph under construction. Values are names; methods give the name of what they add. */
export class Graph {
  #nodes = [];
  #initializers = [];
  #ends = [];
  #count = 0;

  input(name, type, shape) {
    this.#ends.push(valueInfo(11, name, type, shape));
    return name;
  }

  /** A value that the model gives, under its name 'y'. */
  output(value, type, shape) {
    this.node('Identity', [value], {}, { name: 'y' });
    this.#ends.push(valueInfo(12, 'y', type, shape));
  }

  /** A constant: its typed array's bytes as they are. */
  constant(type, shape, data) {
    const name = `c${this.#count++}`;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.push(
      message(5, [...ints(1, shape), ...int(2, types[type]), ...text(8, name), ...message(9, [bytes])]),
    );
    return name;
  }

  /** One node; the name of its first output, or, with `outputs` > 1, the names of all. */
  node(op, inputs, attributes = {}, { outputs = 1, domain, name } = {}) {
    const names = name ? [name] : Array.from({ length: outputs }, () => `v${this.#count++}`);
    this.#nodes.push(
      message(1, [
        ...inputs.flatMap((i) => text(1, i)),
        ...names.flatMap((o) => text(2, o)),
        ...text(4, op),
        ...Object.entries(attributes).flatMap(([key, value]) => attribute(key, value)),
        ...(domain ? text(7, domain) : []),
      ]),
    );
    return outputs > 1 ? names : names[0];
  }

  /** ModelProto: opset 20 (IR 9), and onnxruntime's own operators. */
  toBytes() {
    const opset = (domain, version) => message(8, [...text(1, domain), ...int(2, version)]);
    const graph = [
      ...this.#nodes.flat(),
      ...text(2, 'graph'),
      ...this.#initializers.flat(),
      ...this.#ends.flat(),
    ];
    const chunks = [...int(1, 9), ...message(7, graph), ...opset('', 20), ...opset('com.microsoft', 1)];
    const bytes = new Uint8Array(sizeOf(chunks));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
