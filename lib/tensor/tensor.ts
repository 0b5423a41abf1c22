import type { Device } from '../device.js';
import type { ArrayOf, DType } from '../dtype.js';
import type { Layout } from '../layout/index.js';
import { listOf } from './arguments.js';
import { arangeNode, fullNode, leafNode } from './create.js';
import type { Data, DTypeOf, Holds } from './data.js';
import { backAll, Handle, realize } from './handle.js';
import { concat, methods, stack } from './methods.js';
import type { TensorOps } from './ops.js';
import type { Same } from './sentences.js';
import type { Resized } from './shape-ops.js';
import type { AnyTensor } from './signatures.js';
import { Tape } from './tape.js';
import type { Counted, Inserted, Shape, Tight } from './types.js';

/** Tensors that become one: of one dtype and one device. */
type Agreeing<Op extends string, L extends readonly AnyTensor[]> = Same<
  Op,
  L[0]['device'],
  L[0]['dtype'],
  L[number]['device'],
  L[number]['dtype']
>;

/**
 * A handle on a value of some device, dtype and shape; lazy: ops record, `back()` computes. Every op consumes the tensors
 * it takes, and a tensor that no op consumed is freed by `dispose()` or `using`; `clone()` makes another handle at no cost.
 */
// The methods come from one table (methods.ts) and are put on the prototype below; ops.ts declares them.
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging, no-unused-vars
export interface Tensor<D extends Device, T extends DType, S extends Shape = Shape> extends TensorOps {}
export class Tensor<out D extends Device, out T extends DType, out S extends Shape = Shape> extends Handle {
  declare readonly device: D;
  declare readonly dtype: T;
  declare readonly shape: S;

  /**
   * A tensor over `data`, whose memory is borrowed, not copied: do not change it while tensors need it. The dtype follows
   * the array, or is given: f16 and bf16 lie in a Uint16Array, bool in a Uint8Array of 0 and 1, packed dtypes in the
   * array of their lanes, block dtypes as bytes in a Uint8Array. A plain array of numbers is copied (f32 unless said otherwise). A shape means row-major order;
   * with a Layout, data has `layout.cosize` elements. Throws ERR_SHAPE, ERR_DTYPE or ERR_LAYOUT.
   */
  static create<
    D extends Device,
    A extends Data,
    const S extends Shape = Shape,
    T extends DType = DTypeOf<A>,
  >(device: D, shapeOrLayout: S | Layout, data: A & Holds<A, T>, dtype?: T): Tensor<D, T, Tight<S>> {
    return new Tensor(leafNode(device, shapeOrLayout, data, dtype));
  }

  /** Zeros; made where they are needed, not before. */
  static zeros<D extends Device, const S extends Shape, T extends DType = 'f32'>(
    device: D,
    shape: S,
    dtype?: T,
  ): Tensor<D, T, Tight<S>> {
    return new Tensor(fullNode('zeros', device, shape, 0, dtype));
  }

  /** Ones. */
  static ones<D extends Device, const S extends Shape, T extends DType = 'f32'>(
    device: D,
    shape: S,
    dtype?: T,
  ): Tensor<D, T, Tight<S>> {
    return new Tensor(fullNode('ones', device, shape, 1, dtype));
  }

  /** One value everywhere. Throws ERR_DTYPE for a value that the dtype cannot hold, such as 0.5 in i32. */
  static full<D extends Device, const S extends Shape, T extends DType = 'f32'>(
    device: D,
    shape: S,
    value: number,
    dtype?: T,
  ): Tensor<D, T, Tight<S>> {
    return new Tensor(fullNode('full', device, shape, value, dtype));
  }

  /** 0, 1, ... before `stop`, or `start`, `start + step`, ... before `stop`. */
  static arange<D extends Device, const N extends number, T extends DType = 'f32'>(
    device: D,
    stop: N,
    dtype?: T,
  ): Tensor<D, T, [Counted<N>]>;
  static arange<D extends Device, T extends DType = 'f32'>(
    device: D,
    start: number,
    stop: number,
    step?: number,
    dtype?: T,
  ): Tensor<D, T, [number]>;
  static arange(device: Device, first: number, ...rest: unknown[]): Tensor<Device, DType, never> {
    return new Tensor(arangeNode(device, first, ...rest));
  }

  /** Tensors one after another along an axis. */
  static concat<const L extends readonly AnyTensor[], const A extends number = 0>(
    tensors: L & Agreeing<'concat', L>,
    axis?: A,
  ): Tensor<L[0]['device'], L[0]['dtype'], Resized<L[0]['shape'], A>> {
    return concat(tensors, axis) as Tensor<L[0]['device'], L[0]['dtype'], Resized<L[0]['shape'], A>>;
  }

  /** Tensors of one shape along a new axis. */
  static stack<const L extends readonly AnyTensor[], const A extends number = 0>(
    tensors: L & Agreeing<'stack', L>,
    axis?: A,
  ): Tensor<L[0]['device'], L[0]['dtype'], Inserted<L[0]['shape'], A, L['length']>> {
    return stack(tensors, axis) as Tensor<
      L[0]['device'],
      L[0]['dtype'],
      Inserted<L[0]['shape'], A, L['length']>
    >;
  }

  /** `back()` of several tensors in one plan, which computes what they share once. */
  static async backAll<const L extends readonly AnyTensor[]>(
    tensors: L,
  ): Promise<{ -readonly [K in keyof L]: ArrayOf<L[K]['dtype']> }> {
    const list = listOf('back', 'tensors', tensors, 'an array of tensors') as Handle[];
    return (await backAll(list)) as { -readonly [K in keyof L]: ArrayOf<L[K]['dtype']> };
  }

  /** Another handle on the same value; costs nothing. */
  clone(): Tensor<D, T, S> {
    return new Tensor(this.peek('clone'));
  }

  /** Computes and resolves to the elements in row-major order; consumes the tensor. f16 and bf16 come as their bits. */
  async back(): Promise<ArrayOf<T>> {
    const [array] = await backAll([this]);
    return array as ArrayOf<T>;
  }

  /** Computes now and keeps the value on the device; resolves to this tensor, not consumed. */
  realize(): Promise<Tensor<D, T, S>> {
    return realize(this);
  }

  /** What was recorded to make this tensor. */
  get tape(): Tape {
    return new Tape([this.peek('tape')]);
  }

  /** The tape as Mermaid text. */
  mermaid(): string {
    return this.tape.mermaid();
  }
}

for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}
Tape.tensor = Tensor;
