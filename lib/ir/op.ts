import type { DType, Kind } from '../dtype.js';
import type { Layout, StridedView } from '../layout/index.js';
import type { Scalar } from './scalar.js';

/** JSON values: what attributes are made of, so that a tape serializes as it is. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Attrs = Readonly<Record<string, Json>>;

/** Dtype and shape of a value: all that rules about ops look at. */
export interface Meta {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

interface OpBase {
  readonly name: string;
  /** One sentence for the docs: what it computes, in terms of shapes. */
  readonly doc: string;
  /** Kinds of dtypes that it takes, as the docs list them; undefined: any. The rule itself is `infer`. */
  readonly takes?: readonly Kind[];
  /** Made by expansion only: users and tapes cannot name it. */
  readonly internal?: true;
  /** The axis, counted from the end, along which the op takes inputs of block dtypes to have their blocks; default -1. */
  readonly blocksAlong?: number;
  /** Result dtype and shape, or a MiaError in the op's name. */
  infer(inputs: readonly Meta[], attrs: Attrs): Meta;
}

/** An elementwise op: a scalar expression over broadcast inputs. Fuses with its neighbours on every device. */
export interface ScalarRecord extends OpBase {
  readonly kind: 'scalar';
  expr(attrs: Attrs, inputs: readonly Meta[]): Scalar;
}

/** A fold over axes. attrs: `axes` (sorted, not negative), `keepDims`. */
export interface ReduceRecord extends OpBase {
  readonly kind: 'reduce';
  readonly fold: 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin';
}

/** A view: changes the layout, not the bytes. */
export interface MoveRecord extends OpBase {
  readonly kind: 'move';
  /** The same elements seen through the op, or null where no layout can say it (then the planner packs first). */
  view(input: StridedView & Meta, result: Meta, attrs: Attrs): StridedView | null;
}

/** How a routine's kernel takes its inputs; see plan/lower. */
export type RoutineForm =
  | 'rows' // a function of each row of the last axis; fuses what comes before and after it
  | 'pick' // like rows, with a result of another length: no epilogue
  | 'matmul' // inputs of any strides, one an axis: matrices, images, filters; fuses what comes after it
  | 'index' // moves elements by indices; strided inputs, plain output
  | 'axes' // the result, then inputs, each seen axis by axis at any strides
  | 'decode' // blocks, and maybe indices of their rows, to f32; fuses what comes after it
  | 'parts' // no kernel: its inputs are written in place
  | 'host'; // a JavaScript kernel of the user

/** An opaque kernel. `kernel` and `ints` are what the device-neutral step says about it. */
export interface RoutineRecord extends OpBase {
  readonly kind: 'routine';
  readonly form: RoutineForm;
  /** Kernel family, and whether its name ends in the register type of the first input: `rows.softmax` + `.f32`. */
  readonly kernel: string;
  readonly typed: boolean;
  ints(inputs: readonly Meta[], attrs: Attrs): number[];
  floats?(attrs: Attrs): number[];
  /** How the result lies in memory, where that is not row-major; forms that name axes only. */
  layout?(shape: readonly number[]): Layout;
  /** The input whose bytes the output starts from (scatter): copied, or taken over when nobody else needs it. */
  readonly startsFrom?: number;
}

/** An op made of others, expanded by the planner; the tape keeps it whole. */
export interface CompositeRecord extends OpBase {
  readonly kind: 'composite';
  expand<V extends Meta>(b: Builder<V>, inputs: readonly V[], attrs: Attrs): V;
}

/** A value from nowhere: `leaf` (memory) or `iota` (each element is its own index). */
export interface SourceRecord extends OpBase {
  readonly kind: 'leaf' | 'iota';
}

export type Op = ScalarRecord | ReduceRecord | MoveRecord | RoutineRecord | CompositeRecord | SourceRecord;

/** Records ops while a composite expands. */
export interface Builder<V extends Meta> {
  op(name: string, inputs: readonly V[], attrs?: Attrs): V;
  /** A number as a value of shape []. */
  scalar(value: number, dtype: DType): V;
}
